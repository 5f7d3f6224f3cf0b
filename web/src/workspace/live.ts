/** What the workspace needs of a conversation that is open: events as they come, output as it is printed, and a say. */
import type { Delta, StoredEvent } from 'convene/client';

export interface ConversationLive {
  /** Every event that comes from now on, once and in order, until the answer is called. */
  onEvent(listener: (event: StoredEvent) => void): () => void;
  onDelta(listener: (delta: Delta) => void): () => void;
  /** Carries out a command of the person's own. Resolves once it is stored. */
  run(command: string): Promise<unknown>;
}
