/** Writes a conversation as a trajectory: the JSON list of its events that OpenHands shows, replays and shares. */
import { isHidden } from '../../events/visibility.ts';
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
