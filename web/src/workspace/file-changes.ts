/** What of the log may have changed files of the workspace, so that what is shown of them is asked for again. */
import { isObservation, type StoredEvent } from 'convene/client';

const changing: ReadonlySet<string> = new Set(['run', 'run_ipython', 'write', 'edit', 'success', 'error']);

export function mayChangeFiles(event: StoredEvent): boolean {
  return isObservation(event) && changing.has(event.observation);
}
