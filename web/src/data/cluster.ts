import { useQuery } from '@tanstack/react-query';
import { client } from './client.ts';

const EVERY_MS = 1_000;
const ANSWER_MS = 4_000;

/** The cluster as it is, renewed every second while the browser's tab is seen. */
export function useCluster() {
  return useQuery({
    queryKey: ['cluster'],
    queryFn: ({ signal }) => client.cluster({ signal, timeoutMs: ANSWER_MS }),
    refetchInterval: EVERY_MS,
  });
}
