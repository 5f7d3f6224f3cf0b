import { useId } from 'react';
import { shownAgentState } from '../data/agent-state.ts';
import { Button } from '../ui/Button.tsx';
import { StateDot } from '../ui/StateDot.tsx';
import type { AgentStatus } from './agent-status.ts';
import './travel-bar.css';

interface TravelBarProps {
  /** The event at which the conversation is shown. */
  readonly at: number;
  readonly head: number;
  /** When that was; ISO 8601. */
  readonly timestamp: string | null;
  readonly status: AgentStatus | null;
  readonly onMove: (event: number) => void;
  readonly onBack: () => void;
  readonly onFork: () => void;
}

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** Shows the conversation as it was. */
export function TravelBar({ at, head, onBack, onFork, onMove, status, timestamp }: TravelBarProps) {
  const label = useId();
  const when = timestamp === null ? '' : moment.format(new Date(timestamp));
  return (
    <section className="travel" aria-labelledby={label}>
      <div className="travel-line">
        <span id={label} className="travel-label">
          As it was at event {at.toLocaleString()}
        </span>
        <span className="travel-when">{when}</span>
        {status === null ? null : <StateDot {...shownAgentState(status.state)} />}
      </div>
      <input
        type="range"
        className="travel-slider"
        aria-label="Event"
        aria-valuetext={`Event ${at} of ${head}${when === '' ? '' : `, ${when}`}`}
        min={0}
        max={Math.max(0, head)}
        value={at}
        onChange={(event) => onMove(Number(event.target.value))}
      />
      <div className="travel-line">
        <Button look="primary" onClick={onBack}>
          Back to now
        </Button>
        <Button icon="fork" onClick={onFork}>
          Fork from here
        </Button>
      </div>
    </section>
  );
}
