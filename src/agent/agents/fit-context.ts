/**
 * Makes a conversation shorter for a model that can't read all of it. Pure; calls and their results stay in pairs.
 *
 *   0  everything
 *   1  old results and what old calls have written are cut, old images left out
 *   2  the beginning and the last few messages only, each cut
 */
import type { LlmMessage } from '../llm/llm.ts';

export type Tightness = 0 | 1 | 2;
export const TIGHTEST: Tightness = 2;

/** So many of the last messages count as new. */
const NEW = 12;
const OLD_TEXT = 400;
const NEW_TEXT = 4_000;

export function fitted(messages: readonly LlmMessage[], tightness: Tightness): LlmMessage[] {
  if (tightness === 0) return [...messages];
  const firstNew = startOfLast(messages, NEW);
  if (tightness === 1) {
    return messages.map((message, index) => (index < firstNew ? cut(message, OLD_TEXT) : message));
  }
  const begun = messages.findIndex(({ role }) => role === 'user');
  const first = begun < 0 || begun >= firstNew ? [] : messages.slice(begun, begun + 1);
  const left = firstNew - first.length;
  const note: LlmMessage[] =
    left > 0
      ? [{ role: 'user', text: `[${left} earlier messages are left out here, for want of room.]` }]
      : [];
  return [...first, ...note, ...messages.slice(firstNew)].map((message) => cut(message, NEW_TEXT));
}

/** Where the last `count` messages begin, a call with its result counted as one. */
function startOfLast(messages: readonly LlmMessage[], count: number): number {
  let start = Math.max(0, messages.length - count);
  while (start > 0 && messages[start]?.role === 'tool') start -= 1;
  return start;
}

function cut(message: LlmMessage, longest: number): LlmMessage {
  switch (message.role) {
    case 'user':
      return { role: 'user', text: clip(message.text, Math.max(longest, NEW_TEXT)) };
    case 'tool':
      return { ...message, text: clip(message.text, longest) };
    case 'assistant': {
      const calls = message.calls?.map((call) => ({ ...call, input: cutStrings(call.input, longest) }));
      const text = clip(message.text, longest);
      return { role: 'assistant', text, ...(calls === undefined ? {} : { calls }) };
    }
  }
}

function cutStrings(input: unknown, longest: number): unknown {
  if (typeof input !== 'object' || input === null) return input;
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [
      name,
      typeof value === 'string' ? clip(value, longest) : value,
    ]),
  );
}

/** The text; of a longer one the beginning and the end. */
export function clip(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const half = Math.floor(longest / 2);
  const left = text.length - 2 * half;
  return `${text.slice(0, half)}\n[… ${left} characters left out …]\n${text.slice(-half)}`;
}
