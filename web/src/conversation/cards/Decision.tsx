import { Button } from '../../ui/Button.tsx';
import { useTimelineActions } from '../timeline-context.ts';

/** The person's yes or no to an action that waits. */
export function Decision({ pending }: { readonly pending: number }) {
  const { answer } = useTimelineActions();
  return (
    <div className="card-decision">
      <span>The agent wants to do this.</span>
      <Button look="primary" onClick={() => answer(true, pending)}>
        Confirm <kbd>Y</kbd>
      </Button>
      <Button onClick={() => answer(false, pending)}>
        Reject <kbd>N</kbd>
      </Button>
    </div>
  );
}
