import { isClientError, type PostedSettings } from 'convene/client';
import { useState } from 'react';
import { client } from '../../data/client.ts';
import { Button } from '../../ui/Button.tsx';
import { classes } from '../../ui/classes.ts';

type Result =
  | { readonly outcome: 'asking' }
  | { readonly outcome: 'answered' | 'failed'; readonly text: string };

const TEST_MS = 40_000;

/** Asks the model as the form stands, before anything is saved. */
export function TestModel({
  isDisabled,
  posted,
}: {
  readonly posted: PostedSettings;
  readonly isDisabled: boolean;
}) {
  const [result, setResult] = useState<Result | null>(null);
  const test = (): void => {
    setResult({ outcome: 'asking' });
    client.testSettings(posted, { timeoutMs: TEST_MS }).then(
      (ms) => setResult({ outcome: 'answered', text: `It answered after ${(ms / 1_000).toFixed(1)} s.` }),
      (error: unknown) => setResult({ outcome: 'failed', text: textOf(error) }),
    );
  };
  return (
    <div className="settings-test">
      <Button onClick={test} disabled={isDisabled || result?.outcome === 'asking'}>
        Test this model
      </Button>
      <p
        role="status"
        className={classes(
          'settings-result',
          result?.outcome === 'answered' && 'settings-result-good',
          result?.outcome === 'failed' && 'settings-result-bad',
        )}
      >
        {result === null ? '' : result.outcome === 'asking' ? 'Asking…' : result.text}
      </p>
    </div>
  );
}

function textOf(error: unknown): string {
  if (isClientError(error, 'settings_not_found')) return 'No model is named.';
  return error instanceof Error ? error.message : String(error);
}
