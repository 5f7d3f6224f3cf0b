/** The log of a cluster, for commands that need no node: it takes no lock, and who reads or adds to it disturbs nobody. */
import type { EventStore } from '../../store/event-store.ts';

/** Open. Throws `store_incompatible`, `store_unavailable`. */
export async function openDatabase(url: string): Promise<EventStore> {
  const { PostgresEventStore } = await import('../../store/postgres/postgres-event-store.ts');
  const store = new PostgresEventStore({ url });
  await store.open();
  return store;
}
