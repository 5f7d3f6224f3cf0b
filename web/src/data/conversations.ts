/** The list of conversations: loaded page by page, and kept fresh where a person looks. */
import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import type { ConversationInfo, ConversationPage } from 'convene/client';
import { useEffect } from 'react';
import { client } from './client.ts';
import { pagesOf, withChanged, withFreshPage } from './conversation-pages.ts';
import { queryClient } from './query-client.ts';

type Loaded = InfiniteData<ConversationPage, string | null>;

const PAGE = 100;
const POLL_MS = 3_000;

const keyOf = (search: string): readonly string[] => ['conversations', search];

function loadPage(search: string, cursor: string | null, signal: AbortSignal): Promise<ConversationPage> {
  return client.list({
    limit: PAGE,
    signal,
    ...(search === '' ? {} : { query: search }),
    ...(cursor === null ? {} : { cursor }),
  });
}

export function useConversations(search: string) {
  return useInfiniteQuery({
    queryKey: keyOf(search),
    queryFn: ({ pageParam, signal }) => loadPage(search, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    // All pages anew would be too many: what is seen is polled.
    staleTime: search === '' ? Number.POSITIVE_INFINITY : 0,
    refetchOnWindowFocus: false,
    // Comparing all pages with what they were costs more with every page.
    structuralSharing: false,
  });
}

/** Keeps the first page and those that hold `visible` fresh, while the browser's tab is seen. */
export function usePolledConversations(visible: () => ReadonlySet<string>): void {
  const cache = useQueryClient();
  useEffect(() => {
    const stopped = new AbortController();
    let isUnderWay = false;
    const poll = async (): Promise<void> => {
      if (isUnderWay || document.hidden) return;
      isUnderWay = true;
      try {
        const { pages = [], pageParams = [] } = cache.getQueryData<Loaded>(keyOf('')) ?? {};
        for (const index of new Set([0, ...pagesOf(pages, visible())])) {
          const fresh = await loadPage('', pageParams[index] ?? null, stopped.signal);
          cache.setQueryData<Loaded>(keyOf(''), (loaded) =>
            loaded === undefined ? loaded : mutable(withFreshPage(loaded, index, fresh)),
          );
        }
      } catch {
        // The next poll tells; what is shown stays, and the open conversation says that there is no connection.
      } finally {
        isUnderWay = false;
      }
    };
    const onVisible = (): void => void poll();
    const timer = setInterval(onVisible, POLL_MS);
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      stopped.abort();
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [cache, visible]);
}

/** Changes what every loaded list shows, before the server says the same. Null takes a conversation out. */
export function changeConversations(change: (info: ConversationInfo) => ConversationInfo | null): void {
  queryClient.setQueriesData<Loaded>({ queryKey: ['conversations'] }, (loaded) =>
    loaded === undefined ? loaded : mutable(withChanged(loaded, change)),
  );
}

/** After a conversation came by this page's doing. */
export function reloadNewest(): void {
  const newest = async (): Promise<void> => {
    const fresh = await loadPage('', null, AbortSignal.timeout(POLL_MS));
    queryClient.setQueryData<Loaded>(keyOf(''), (loaded) =>
      loaded === undefined ? loaded : mutable(withFreshPage(loaded, 0, fresh)),
    );
  };
  newest().catch(() => {}); // the poll will bring it
}

function mutable({ pageParams, pages }: ReturnType<typeof withChanged>): Loaded {
  return { pages: [...pages], pageParams: [...pageParams] };
}
