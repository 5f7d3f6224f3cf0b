/** Events for tests. */
import type { Source, StoredEvent } from 'convene/client';

export interface EventFixture {
  readonly source?: Source;
  readonly cause?: number;
  readonly message?: string;
}

export function action(
  id: number,
  name: string,
  args: object = {},
  { source = 'agent', message = '', ...rest }: EventFixture = {},
): StoredEvent {
  const timestamp = new Date(id * 1_000).toISOString();
  return { id, timestamp, source, message, ...rest, action: name, args } as StoredEvent;
}

export function observation(
  id: number,
  name: string,
  content = '',
  extras: object = {},
  { source = 'agent', message = '', ...rest }: EventFixture = {},
): StoredEvent {
  const timestamp = new Date(id * 1_000).toISOString();
  return { id, timestamp, source, message, ...rest, observation: name, content, extras } as StoredEvent;
}

export function state(id: number, agent_state: string, reason?: string): StoredEvent {
  const extras = reason === undefined ? { agent_state } : { agent_state, reason };
  return observation(id, 'agent_state_changed', '', extras, { source: 'environment' });
}

export function lookup(events: readonly StoredEvent[]): (id: number) => StoredEvent | undefined {
  const byId = new Map(events.map((event) => [event.id, event]));
  return (id) => byId.get(id);
}
