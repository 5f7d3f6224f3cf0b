import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { client } from '../data/client.ts';
import { type AgentStatus, statusIn } from './agent-status.ts';

/** What the agent did when an event was the newest; null while that is not known. */
export function useStatusAt(id: string, event: number | null): AgentStatus | null {
  const { data } = useQuery({
    queryKey: ['status-at', id, event],
    enabled: event !== null,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const query = { reverse: true, limit: 1, kinds: ['agent_state_changed'], signal };
      const { events } = await client.events(id, event === null ? query : { ...query, to: event });
      return events[0] === undefined ? null : statusIn(events[0]);
    },
  });
  return event === null ? null : (data ?? null);
}
