import { useEffect, useRef, useState } from 'react';
import { client } from '../data/client.ts';
import type { LinkView } from './conversation-session.ts';
import { takeoverSince } from './moved.ts';

/** How long it is told, in ms. */
const TOLD_MS = 8_000;

/** After a reconnect: the node that has taken the conversation over meanwhile, for a while; else null. */
export function useMoved(id: string, link: LinkView): string | null {
  const [node, setNode] = useState<string | null>(null);
  const lostAt = useRef<number | null>(null);
  useEffect(() => {
    if (link.kind === 'reconnecting') lostAt.current = link.since;
    if (link.kind !== 'live' || lostAt.current === null) return;
    const since = lostAt.current;
    lostAt.current = null;
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    client.cluster({ signal: controller.signal }).then(
      (cluster) => {
        const takeover = takeoverSince(cluster, id, since);
        if (takeover === null) return;
        setNode(takeover.to);
        timer = setTimeout(() => setNode(null), TOLD_MS);
      },
      () => {
        // It would have been good to know; the conversation goes on without.
      },
    );
    return () => {
      controller.abort();
      clearTimeout(timer);
      setNode(null);
    };
  }, [id, link]);
  return node;
}
