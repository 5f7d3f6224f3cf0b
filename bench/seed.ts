/** Writes the conversations that are measured with, through the store, as a server would find them after a restart. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { systemClock } from '../src/clock.ts';
import type { NewEvent } from '../src/events/event.ts';
import { writerOf } from '../src/store/event-store.ts';
import { SqliteEventStore } from '../src/store/sqlite/sqlite-event-store.ts';
import { commands, randomFrom, turns } from './events.ts';
import { timed } from './measure.ts';
import type { Sizes } from './sizes.ts';

/** Conversations with content. */
export const sids = {
  /** `sizes.events` events in turns. */
  long: 'bench-long',
  /** 100 events in turns. */
  short: 'bench-short',
  /** `sizes.join` events, all of them visible. */
  join: 'bench-join',
} as const;

export const shortEvents = 100;

const BATCH = 500;
const IN_FLIGHT = 32;

export interface Seeded {
  readonly appendMs: number;
  /** Until the search index had taken everything in. */
  readonly indexMs: number;
  readonly events: number;
}

/** In the data folder of a server that does not run yet. */
export async function seed(dataDir: string, sizes: Sizes): Promise<Seeded> {
  await mkdir(dataDir, { recursive: true });
  await using store = new SqliteEventStore({ file: path.join(dataDir, 'convene.db') });
  await store.open();
  const random = randomFrom(1);
  let at = Date.now() - 30 * 24 * 3600 * 1000;
  const append = async (sid: string, events: readonly NewEvent[]): Promise<void> => {
    at += 1;
    const create = { userId: '', title: `Conversation ${sid.slice(0, 13)}` };
    await store.append({
      sid,
      at,
      writer: writerOf.system,
      events,
      create,
      set: { agentState: 'awaiting_user_input' },
    });
  };
  const fill = async (sid: string, count: number, make: typeof turns): Promise<void> => {
    for (let first = 0; first < count; first += BATCH) {
      await append(sid, make(first, Math.min(BATCH, count - first), random));
    }
  };
  const appendMs = await timed(async () => {
    await fill(sids.long, sizes.events, turns);
    await fill(sids.short, shortEvents, turns);
    await fill(sids.join, sizes.join, commands);
    let left = sizes.conversations;
    await Promise.all(
      Array.from({ length: IN_FLIGHT * 16 }, async () => {
        while (left > 0) {
          left -= 1;
          await append(systemClock.id(), []);
        }
      }),
    );
  });
  const indexMs = await timed(async () => {
    while ((await store.searchLag()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  });
  return { appendMs, indexMs, events: sizes.events + shortEvents + sizes.join };
}
