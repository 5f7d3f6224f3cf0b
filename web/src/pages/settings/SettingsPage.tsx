import { useSettings } from '../../data/settings.ts';
import { Button } from '../../ui/Button.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { PageHeader } from '../../ui/PageHeader.tsx';
import { SettingsForm } from './SettingsForm.tsx';

export function SettingsPage() {
  const { data, error, refetch } = useSettings();
  return (
    <>
      <PageHeader title="Settings" />
      <main className="page">
        {data === undefined ? null : <SettingsForm known={data} />}
        {data === undefined && error !== null ? (
          <EmptyState title="The settings can’t be loaded">
            <p>{error.message}</p>
            <Button onClick={() => void refetch()}>Try again</Button>
          </EmptyState>
        ) : null}
      </main>
    </>
  );
}
