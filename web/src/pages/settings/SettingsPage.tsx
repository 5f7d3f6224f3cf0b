export function SettingsPage() {
  return (
    <main className="page">
      <h1>Settings</h1>
    </main>
  );
}
