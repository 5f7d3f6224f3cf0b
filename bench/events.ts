/** The events and conversations that are measured with: alike on every run. */
import type { NewEvent, StoredEvent } from '../src/events/event.ts';
import { stateObservation } from '../src/events/observations.ts';
import { encodeEvent } from '../src/store/event-row.ts';

/** Numbers from 0 to 1, the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const VOCABULARY = 20_000;

/** In two of 20,000 events. */
export const rareWord = 'serendipity';
/** In every sixth event. */
export const commonWord = 'function';

/** Words as people use them: the nth about as often as 1 / n. */
export function sentence(random: () => number, words: number): string {
  const chosen = Array.from({ length: words }, () => {
    const rank = Math.floor(VOCABULARY ** random());
    return wordOf(rank);
  });
  return chosen.join(' ');
}

/** A word of its own for each number. */
export function wordOf(rank: number): string {
  const syllables = ['ba', 'ke', 'li', 'mo', 'nu', 'ra', 'se', 'ti', 'vo', 'zu'];
  return [...String(rank)].map((digit) => syllables[Number(digit)] ?? '').join('');
}

export function message(content: string, source: 'user' | 'agent' = 'agent'): NewEvent {
  return { action: 'message', args: { content, image_urls: [], wait_for_response: false }, source };
}

/** One whose stored text has so many bytes. */
export function messageOfSize(bytes: number): NewEvent {
  const frame = encodeEvent(message('', 'user')).data.length;
  return message(sentence(randomFrom(2), bytes).slice(0, bytes - frame), 'user');
}

/** Turns as the loop writes them, four events each: a message, running, an answer, waiting. `first` is the first id. */
export function turns(first: number, count: number, random: () => number): NewEvent[] {
  const events: NewEvent[] = [];
  for (let id = first; events.length < count; id += 4) {
    events.push(
      message(textOf(id, random), 'user'),
      { ...stateObservation('running'), source: 'environment', cause: id },
      message(textOf(id + 2, random)),
      { ...stateObservation('awaiting_user_input'), source: 'environment' },
    );
  }
  return events.slice(0, count);
}

/** One long turn: commands and what they printed, all of it visible to clients. `first` is the first id. */
export function commands(first: number, count: number, random: () => number): NewEvent[] {
  const events: NewEvent[] = [];
  for (let id = first; events.length < count; id += 2) {
    const command = sentence(random, 4);
    const args = { command, is_input: false, thought: '', blocking: false, hidden: false } as const;
    events.push({ action: 'run', args: { ...args, confirmation_state: 'confirmed' }, source: 'agent' });
    events.push({
      observation: 'run',
      content: sentence(random, 30),
      extras: { command, hidden: false, metadata: metadata },
      success: true,
      source: 'agent',
      cause: id,
    });
  }
  return events.slice(0, count);
}

/** What a client is sent of an agent's message. */
export function sentMessage(id: number, content: string): StoredEvent {
  const args = { content, image_urls: [], wait_for_response: false };
  return {
    id,
    timestamp: new Date().toISOString(),
    source: 'agent',
    message: content,
    action: 'message',
    args,
  };
}

const metadata = {
  exit_code: 0,
  pid: 4711,
  username: 'root',
  hostname: 'localhost',
  working_dir: '/workspace',
  py_interpreter_path: null,
  prefix: '',
  suffix: '',
};

function textOf(id: number, random: () => number): string {
  const words = [sentence(random, 20)];
  if (id % 3 === 0) words.push(commonWord);
  if (id % 20_000 < 4) words.push(rareWord);
  return words.join(' ');
}
