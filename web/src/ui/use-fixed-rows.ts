/** Which rows of a long list can be seen, where all rows have one height: costs the same for ten and for 100,000. */
import { type RefObject, useEffect, useState } from 'react';

export interface RowRange {
  /** Index of the first row to be there. */
  readonly from: number;
  /** One above the last. */
  readonly to: number;
}

/** Rows beside those that are seen. */
const OVERSCAN = 8;

export function rowsWithin(scrollTop: number, height: number, rowHeight: number, count: number): RowRange {
  const from = Math.max(0, Math.floor(scrollTop / rowHeight) - OVERSCAN);
  const to = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + OVERSCAN);
  return { from: Math.min(from, to), to };
}

export function useFixedRows(
  scroller: RefObject<HTMLElement | null>,
  { count, rowHeight }: { readonly count: number; readonly rowHeight: number },
): RowRange {
  const [seen, setSeen] = useState({ top: 0, height: 0 });
  useEffect(() => {
    const { current } = scroller;
    if (current === null) return;
    const look = (): void => {
      // In whole rows: what moves less changes nothing.
      const top = Math.floor(current.scrollTop / rowHeight) * rowHeight;
      const height = current.clientHeight + rowHeight;
      setSeen((before) => (before.top === top && before.height === height ? before : { top, height }));
    };
    look();
    const resizes = new ResizeObserver(look);
    resizes.observe(current);
    current.addEventListener('scroll', look, { passive: true });
    return () => {
      resizes.disconnect();
      current.removeEventListener('scroll', look);
    };
  }, [scroller, rowHeight]);
  return rowsWithin(seen.top, seen.height, rowHeight, count);
}
