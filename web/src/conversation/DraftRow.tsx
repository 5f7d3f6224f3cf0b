import type { AgentState } from 'convene/client';
import { AgentMessage } from './cards/MessageRow.tsx';

interface DraftRowProps {
  /** What the agent has said so far of what it is saying. */
  readonly text: string;
  readonly state: AgentState;
  /** What the server tells of the moment. */
  readonly notice: string | null;
}

/** Longer than this, a draft is shown without its marks: reading them anew with every word would take too long. */
const MAX_MARKED = 20_000;

/** What the agent is doing now, which is not in the log yet. */
export function DraftRow({ notice, state, text }: DraftRowProps) {
  const isWorking = state === 'running' || state === 'loading' || state === 'user_confirmed';
  return (
    <>
      {text === '' ? null : (
        <article className="row row-draft" aria-label="Agent, as it comes">
          <div className="row-content">
            {text.length > MAX_MARKED ? (
              <div className="message message-agent message-plain">{text}</div>
            ) : (
              <AgentMessage content={text} />
            )}
          </div>
          <div className="row-tools" />
        </article>
      )}
      <div className="working" data-shown={isWorking}>
        <span className="card-pulse" aria-hidden="true" />
        {notice ?? (state === 'loading' ? 'Starting' : 'Working')}
      </div>
    </>
  );
}
