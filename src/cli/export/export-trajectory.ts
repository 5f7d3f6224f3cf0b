/** Writes a conversation as a trajectory: the JSON list of its events that OpenHands shows, replays and shares. */
import { isAction, kindOf, type StoredEvent } from '../../events/event.ts';
import type { ConversationSource } from '../source/conversation-source.ts';

/** The text, piece by piece; a page of events is in memory. Throws what the source throws. */
export async function* trajectoryText(source: ConversationSource, sid: string): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const event of source.events(sid)) {
    if (isHidden(event)) continue;
    yield `${separator}${JSON.stringify(event)}`;
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

/** What its user was not to see, and what says nothing. */
function isHidden(event: StoredEvent): boolean {
  const says: unknown = isAction(event) ? event.args : event.extras;
  return kindOf(event) === 'null' || Object(says).hidden === true;
}
