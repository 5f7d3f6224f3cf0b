/** All conversations, newest first: endless, live where one looks, and searched by title and text. */
import {
  type KeyboardEvent,
  useCallback,
  useDeferredValue,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { useConversations, usePolledConversations } from '../../data/conversations.ts';
import { deletions } from '../../data/deletions.ts';
import { ShownConversations } from '../../data/shown-conversations.ts';
import { Button } from '../../ui/Button.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { useDebounced } from '../../ui/use-debounced.ts';
import { useFixedRows } from '../../ui/use-fixed-rows.ts';
import { useNow } from '../../ui/use-now.ts';
import { ConversationRow } from './ConversationRow.tsx';
import { SearchField } from './SearchField.tsx';
import './conversation-list.css';

/** In px: also in the style sheet. */
const ROW = 56;
const SEARCH_DELAY_MS = 200;

export function ConversationList({ openId }: { readonly openId: string | null }) {
  const [typed, setTyped] = useState('');
  const search = useDebounced(useDeferredValue(typed.trim()), SEARCH_DELAY_MS);
  const { data, error, fetchNextPage, hasNextPage, isFetchNextPageError, isFetching, isPending, refetch } =
    useConversations(search);
  const hidden = useSyncExternalStore(deletions.subscribe, deletions.hidden);
  const [shownOf] = useState(() => new ShownConversations());
  const shown = shownOf.of(data?.pages ?? [], hidden);
  const now = useNow();

  const scroller = useRef<HTMLDivElement>(null);
  const { from, to } = useFixedRows(scroller, { count: shown.length, rowHeight: ROW });
  const rows = shown.slice(from, to);

  useEffect(() => {
    const isNearEnd = to >= shown.length - 20;
    if (isNearEnd && hasNextPage && !isFetching && !isFetchNextPageError) void fetchNextPage();
  }, [to, shown.length, hasNextPage, isFetching, isFetchNextPageError, fetchNextPage]);

  const seen = useRef<ReadonlySet<string>>(new Set());
  useEffect(() => {
    seen.current = new Set(rows.map(({ id }) => id));
  });
  usePolledConversations(useCallback(() => seen.current, []));

  return (
    <div className="conversations">
      <SearchField value={typed} onChange={setTyped} isBusy={search !== '' && (isFetching || hasNextPage)} />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows only move between the links in it */}
      <div ref={scroller} className="conversations-scroller" onKeyDown={moveBetweenRows}>
        {error !== null && shown.length === 0 ? (
          <EmptyState title="The conversations can’t be loaded">
            <p>{error.message}</p>
            <Button onClick={() => void refetch()}>Try again</Button>
          </EmptyState>
        ) : null}
        {error === null && !isPending && !hasNextPage && shown.length === 0 ? (
          <NothingHere search={search} />
        ) : null}
        <ul className="conversations-rows" style={{ height: shown.length * ROW }}>
          {rows.map((info, index) => (
            <ConversationRow
              key={info.id}
              info={info}
              isOpen={info.id === openId}
              now={now}
              position={from + index + 1}
              total={hasNextPage ? -1 : shown.length}
              top={(from + index) * ROW}
            />
          ))}
        </ul>
      </div>
    </div>
  );
}

function NothingHere({ search }: { readonly search: string }) {
  return search === '' ? (
    <EmptyState title="No conversations yet">
      <p>Start one, and it will be here.</p>
    </EmptyState>
  ) : (
    <EmptyState title="Nothing found">
      <p>No title and no text has words that begin with “{search}”.</p>
    </EmptyState>
  );
}

function moveBetweenRows(event: KeyboardEvent<HTMLDivElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const links = [...event.currentTarget.querySelectorAll('a')];
  const at = links.findIndex((link) => link.matches(':focus'));
  if (at === -1) return;
  event.preventDefault();
  links[event.key === 'ArrowDown' ? at + 1 : at - 1]?.focus();
}
