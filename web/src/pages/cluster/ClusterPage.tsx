export function ClusterPage() {
  return (
    <main className="page">
      <h1>Cluster</h1>
    </main>
  );
}
