import type { EventPage, EventPageQuery } from 'convene/client';
import { expect, it } from 'vitest';
import { state } from './event-fixture.ts';
import { nextNeed } from './next-need.ts';

const log = Array.from({ length: 600 }, (_, id) =>
  state(id, id === 7 || id === 450 ? 'awaiting_user_confirmation' : id === 455 ? 'error' : 'running'),
);

const events = async ({ from = 0, limit = 20 }: EventPageQuery): Promise<EventPage> => ({
  events: log.slice(from, from + limit),
  hasMore: from + limit < log.length,
});

it('finds the next one, over several pages, or none', async () => {
  expect(await nextNeed(events, -1)).toBe(7);
  expect(await nextNeed(events, 7)).toBe(450);
  expect(await nextNeed(events, 450)).toBe(455);
  expect(await nextNeed(events, 455)).toBeNull();
});
