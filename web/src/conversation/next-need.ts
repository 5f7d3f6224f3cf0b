/** Finds what needed a person, or needs one now. */
import type { EventPage, EventPageQuery } from 'convene/client';
import { needOf, statusIn } from './agent-status.ts';

/** The id of the first change of state after `after` that calls for a person; null where there is none. */
export async function nextNeed(
  events: (query: EventPageQuery) => Promise<EventPage>,
  after: number,
): Promise<number | null> {
  let from = after + 1;
  for (;;) {
    const page = await events({ from, limit: 100, kinds: ['agent_state_changed'] });
    for (const event of page.events) {
      const status = statusIn(event);
      if (status !== null && needOf(status.state) !== null) return event.id;
    }
    const last = page.events.at(-1);
    if (!page.hasMore || last === undefined) return null;
    from = last.id + 1;
  }
}
