/** What of the log may have changed files of the workspace, so that what is shown of them is asked for again. */
import { isObservation, type StoredEvent } from 'convene/client';

const changing: ReadonlySet<string> = new Set(['run', 'run_ipython', 'write', 'edit', 'success', 'error']);

/** What people are told when the files of a conversation were lost with the server that had them. */
export function lossIn(event: StoredEvent): string | null {
  if (!isObservation(event) || event.observation !== 'error') return null;
  return event.extras.error_id === 'AGENT_ERROR$WORKSPACE_GONE' ? event.content : null;
}

export function mayChangeFiles(event: StoredEvent): boolean {
  return isObservation(event) && changing.has(event.observation);
}
