import { useSyncExternalStore } from 'react';
import { Button } from '../ui/Button.tsx';
import { UserMessage } from './cards/MessageRow.tsx';
import type { Outbox, OutboxEntry } from './outbox.ts';

/** What was sent and is not in the log yet. */
export function OutboxRows({ outbox }: { readonly outbox: Outbox }) {
  const entries = useSyncExternalStore(outbox.subscribe, () => outbox.entries);
  return entries.map((entry) => <OutboxRow key={entry.actionId} entry={entry} outbox={outbox} />);
}

function OutboxRow({ entry, outbox }: { readonly entry: OutboxEntry; readonly outbox: Outbox }) {
  const { action, actionId, isKept, problem, state } = entry;
  if (action.action !== 'message') return null;
  return (
    <article className="row" aria-label="Message that is being sent" data-outbox={state}>
      <div className="row-content">
        <UserMessage content={action.args.content} images={action.args.image_urls ?? []} />
        {state === 'refused' ? (
          <div className="message-problem">
            <span>Not sent: {problem}</span>
            <Button look="quiet" onClick={() => outbox.retry(actionId)}>
              Try again
            </Button>
            <Button look="quiet" onClick={() => outbox.discard(actionId)}>
              Discard
            </Button>
          </div>
        ) : null}
        {isKept ? null : (
          <div className="message-problem">
            The browser’s storage is full: keep this page open until it is sent.
          </div>
        )}
      </div>
      <div className="row-tools">
        {state === 'refused' ? null : <span className="row-sending">Sending…</span>}
      </div>
    </article>
  );
}
