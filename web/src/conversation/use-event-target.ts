import { useEffect, useRef, useSyncExternalStore } from 'react';
import { eventOfHash } from './event-link.ts';
import type { TimelineScroller } from './timeline-scroller.ts';

/** The event that the address of the page names; it is brought into view when it is named anew. */
export function useEventTarget(scroller: TimelineScroller, head: number): number | null {
  const target = useSyncExternalStore(subscribe, () => eventOfHash(window.location.hash));
  const shown = useRef<number | null>(null);
  const isThere = head >= 0;
  useEffect(() => {
    if (!isThere || target === null || shown.current === target) return;
    shown.current = target;
    scroller.toEvent(target);
  }, [isThere, scroller, target]);
  return target;
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}
