import { QueryClient } from '@tanstack/react-query';

/** The client tries again by itself what passes: a failure that arrives here is one to show. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: false, staleTime: 1_000, refetchOnWindowFocus: true, networkMode: 'always' },
    mutations: { retry: false, networkMode: 'always' },
  },
});
