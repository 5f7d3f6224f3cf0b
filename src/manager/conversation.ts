/**
 * `Conversation`: the handle that `attachToConversation` returns, for request-scoped use. Reference-counted by
 * the manager; its runtime opens nothing until it is used.
 */
import type { Runtime } from '../runtime/runtime.ts';
import type { EventStream } from '../stream/event-stream.ts';

export interface Conversation {
  readonly sid: string;
  readonly userId: string;
  readonly eventStream: EventStream;
  readonly runtime: Runtime;
}
