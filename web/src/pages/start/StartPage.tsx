/** Where conversations begin. */
import { useState } from 'react';
import { Link } from 'wouter';
import { openConversation } from '../../app/navigate.ts';
import { routes } from '../../app/routes.ts';
import { client } from '../../data/client.ts';
import { reloadNewest } from '../../data/conversations.ts';
import { useDefaults } from '../../data/settings.ts';
import { Button } from '../../ui/Button.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { PageHeader } from '../../ui/PageHeader.tsx';
import { clearDraft, keepDraft, keptDraft, newKey } from './draft.ts';
import './start-page.css';

export function StartPage() {
  const [draft, setDraft] = useState(keptDraft);
  const [isStarting, setStarting] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { data: defaults } = useDefaults();

  const change = (part: Partial<typeof draft>): void => {
    const changed = { ...draft, ...part, key: newKey() };
    setDraft(changed);
    keepDraft(changed);
  };
  const message = draft.message.trim();
  const repository = draft.repository.trim();
  const canStart = !isStarting && (message !== '' || repository !== '') && defaults?.lacksLlm !== true;

  const start = (): void => {
    if (!canStart) return;
    setStarting(true);
    setProblem(null);
    const asked = {
      idempotencyKey: draft.key,
      ...(message === '' ? {} : { message }),
      ...(repository === '' ? {} : { repository }),
    };
    client.create(asked).then(
      (id) => {
        clearDraft();
        reloadNewest();
        openConversation(id);
      },
      (error: unknown) => {
        setStarting(false);
        setProblem(error instanceof Error ? error.message : String(error));
      },
    );
  };

  return (
    <>
      <PageHeader title="New conversation" />
      <main className="page start">
        <form
          className="start-form"
          onSubmit={(event) => {
            event.preventDefault();
            start();
          }}
        >
          <h2 className="start-question">What should be done?</h2>
          <div className="start-box">
            <textarea
              data-main-input
              aria-label="First message"
              rows={4}
              placeholder={defaults?.hasLlm === false ? '$ ls -la' : 'Describe the task'}
              value={draft.message}
              onChange={(event) => change({ message: event.target.value })}
              onKeyDown={(event) => {
                if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
                event.preventDefault();
                start();
              }}
            />
            <div className="start-line">
              <Icon name="fork" />
              <input
                aria-label="Repository"
                placeholder="Repository, if any: owner/name or an address"
                autoComplete="off"
                spellCheck={false}
                value={draft.repository}
                onChange={(event) => change({ repository: event.target.value })}
              />
              <Button look="primary" type="submit" disabled={!canStart}>
                {isStarting ? 'Starting…' : 'Start'}
              </Button>
            </div>
          </div>
          {problem === null ? null : (
            <p className="start-problem" role="alert">
              {problem}
            </p>
          )}
          <div className="start-note">
            {defaults?.lacksLlm === true ? (
              <p>
                The chosen agent needs a model. <Link href={routes.settings}>Set a model</Link> first.
              </p>
            ) : null}
            {defaults?.hasLlm === false && !defaults.lacksLlm ? (
              <p>
                No model is set, so the agent runs commands: each line that begins with a dollar sign.{' '}
                <Link href={routes.settings}>Set a model</Link> to have it think.
              </p>
            ) : null}
          </div>
        </form>
      </main>
    </>
  );
}
