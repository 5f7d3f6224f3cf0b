/** The folders that are open, each asked for on its own and again when something may have changed them. */
import { useQueries, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo } from 'react';
import { client } from '../data/client.ts';
import { mayChangeFiles } from './file-changes.ts';
import { type Listing, ROOT } from './file-rows.ts';
import type { ConversationLive } from './live.ts';
import { mayPass, wordsOf } from './words.ts';

/** Commands come in bursts: what they changed is asked for once. */
const SETTLE_MS = 150;
const RETRY_MS = 3_000;

export interface Folders {
  readonly listings: ReadonlyMap<string, Listing>;
  /** Why nothing can be shown; for people. */
  readonly failure: string | null;
  readonly isLoading: boolean;
}

export const filesKey = (conversationId: string) => ['files', conversationId] as const;

/** Asks again after a failure that may pass. */
export const retryInterval = ({ state }: { readonly state: { readonly error: unknown } }): number | false =>
  mayPass(state.error) ? RETRY_MS : false;

export function useFolders(conversationId: string, open: ReadonlySet<string>): Folders {
  const folders = [ROOT, ...open];
  const queries = useQueries({
    queries: folders.map((folder) => ({
      queryKey: [...filesKey(conversationId), 'folder', folder],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
        client.files(conversationId).list(folder === ROOT ? undefined : folder, { signal }),
      refetchInterval: retryInterval,
    })),
  });
  const listings = new Map(
    folders.map((folder, index): [string, Listing] => {
      const { data, error } = queries[index] ?? {};
      if (error !== null && error !== undefined)
        return [folder, { state: 'failed', message: wordsOf(error) }];
      return [folder, data === undefined ? { state: 'loading' } : { state: 'listed', paths: data }];
    }),
  );
  const root = queries[0];
  return {
    listings,
    failure: root?.error == null ? null : wordsOf(root.error),
    isLoading: root?.isPending ?? true,
  };
}

/** Answers with a function that asks for everything again, and does so by itself when the log tells of changes. */
export function useFileRefresh(conversationId: string, live: ConversationLive): () => void {
  const queries = useQueryClient();
  const refresh = useCallback(() => {
    void queries.invalidateQueries({ queryKey: filesKey(conversationId) });
  }, [queries, conversationId]);
  const settled = useMemo(() => settling(refresh, SETTLE_MS), [refresh]);
  useEffect(() => {
    const stop = live.onEvent((event) => {
      if (mayChangeFiles(event)) settled.call();
    });
    return () => {
      stop();
      settled.cancel();
    };
  }, [live, settled]);
  return refresh;
}

/** Calls at most once within `ms`, after the first of several calls. */
function settling(run: () => void, ms: number): { call(): void; cancel(): void } {
  let timer: ReturnType<typeof setTimeout> | null = null;
  return {
    call() {
      timer ??= setTimeout(() => {
        timer = null;
        run();
      }, ms);
    },
    cancel() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
