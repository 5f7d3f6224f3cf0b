import type { AgentState, StoredEvent } from 'convene/client';
import { Button } from '../ui/Button.tsx';
import { steeringOf } from './agent-status.ts';
import { textField } from './event-fields.ts';
import { Text } from './Text.tsx';
import './steering-bar.css';

export interface Steer {
  readonly pause: () => void;
  readonly resume: () => void;
  readonly stop: () => void;
  readonly answer: (isYes: boolean, pending: number) => void;
}

/** Pause, resume and stop, as far as the agent's state allows them. */
export function SteeringButtons({
  isBusy,
  state,
  steer,
}: {
  readonly state: AgentState;
  readonly steer: Steer;
  /** Whether an order is on its way. */
  readonly isBusy: boolean;
}) {
  const can = steeringOf(state);
  return (
    <>
      {can.pause ? (
        <Button look="quiet" icon="pause" disabled={isBusy} onClick={steer.pause}>
          Pause
        </Button>
      ) : null}
      {can.resume ? (
        <Button look="quiet" icon="play" disabled={isBusy} onClick={steer.resume}>
          Resume
        </Button>
      ) : null}
      {can.stop ? (
        <Button look="quiet" icon="stop" disabled={isBusy} onClick={steer.stop} title="Stop (Esc)">
          Stop
        </Button>
      ) : null}
    </>
  );
}

/** The action that waits, above the field, with the person's yes or no. */
export function PendingBar({
  isBusy,
  onShow,
  pending,
  steer,
}: {
  readonly pending: StoredEvent;
  readonly steer: Steer;
  readonly isBusy: boolean;
  /** Brings its card into view. */
  readonly onShow: () => void;
}) {
  const what = textField(pending, 'command') || textField(pending, 'code') || pending.message;
  return (
    <section className="pending-place" aria-label="Waits for your decision">
      <div className="pending-bar">
        <button type="button" className="pending-what" onClick={onShow} title="Show it in the timeline">
          <span className="pending-label">Needs your decision</span>
          <code>
            <Text text={what} />
          </code>
        </button>
        <Button look="primary" disabled={isBusy} onClick={() => steer.answer(true, pending.id)}>
          Confirm <kbd>Y</kbd>
        </Button>
        <Button disabled={isBusy} onClick={() => steer.answer(false, pending.id)}>
          Reject <kbd>N</kbd>
        </Button>
      </div>
    </section>
  );
}
