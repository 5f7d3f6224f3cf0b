import { useQuery } from '@tanstack/react-query';
import type { StoredEvent } from 'convene/client';
import { client } from '../data/client.ts';
import type { AgentStatus } from './agent-status.ts';
import { asks } from './timeline-rows.ts';

/** How many events before the change of state the action is looked for. */
const BEFORE = 50;

/** The action that waits for a person's yes or no, where the state says that one does. */
export function usePendingAction(id: string, { since, state }: AgentStatus): StoredEvent | null {
  const { data } = useQuery({
    queryKey: ['pending-action', id, since],
    enabled: state === 'awaiting_user_confirmation',
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => {
      const { events } = await client.events(id, { to: since, reverse: true, limit: BEFORE, signal });
      return events.find(asks) ?? null;
    },
  });
  return state === 'awaiting_user_confirmation' ? (data ?? null) : null;
}
