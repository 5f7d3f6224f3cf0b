/** The rows of a conversation, of which those that are seen are drawn. */
import type { StoredEvent } from 'convene/client';
import { type ReactNode, useEffect, useLayoutEffect, useRef, useSyncExternalStore } from 'react';
import type { Drafts } from './drafts.ts';
import { EventRow } from './EventRow.tsx';
import { partsOf, REACH, roleOf, rowOf } from './timeline-rows.ts';
import type { TimelineScroller, TimelineView } from './timeline-scroller.ts';
import './timeline.css';

interface TimelineProps {
  readonly scroller: TimelineScroller;
  readonly drafts: Drafts;
  /** The newest event that is shown. */
  readonly end: number;
  /** Whether that is the newest of all. */
  readonly isLive: boolean;
  /** The event that the address of the page names. */
  readonly target: number | null;
  /** After the last row: what is not in the log yet. */
  readonly footer: ReactNode;
  /** Over the rows, at the bottom. */
  readonly overlay: ReactNode;
}

export function Timeline({ drafts, end, footer, isLive, overlay, scroller, target }: TimelineProps) {
  const view = useSyncExternalStore(scroller.subscribe, scroller.view);
  const outer = useRef<HTMLElement>(null);
  const rows = useRef<HTMLDivElement>(null);
  const after = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (outer.current === null || rows.current === null || after.current === null) return;
    return scroller.attach(outer.current, rows.current, after.current);
  }, [scroller]);
  useLayoutEffect(() => scroller.settle());
  return (
    <div className="timeline-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section ref={outer} className="timeline" aria-label="Timeline" tabIndex={0}>
        <div className="timeline-canvas" style={{ height: view.total }}>
          <div ref={rows} className="timeline-rows" style={{ transform: `translateY(${view.top}px)` }}>
            {rowsOf(view, scroller, drafts, isLive ? end : Number.POSITIVE_INFINITY, target)}
          </div>
        </div>
        <div ref={after} className="timeline-footer">
          {footer}
        </div>
      </section>
      {overlay}
    </div>
  );
}

function rowsOf(
  view: TimelineView,
  scroller: TimelineScroller,
  drafts: Drafts,
  end: number,
  target: number | null,
): ReactNode[] {
  const { get } = scroller;
  const targetRow = target === null ? null : rowFor(target, get(target), scroller);
  const drawn: ReactNode[] = [];
  let gap: number | null = null;
  const closeGap = (until: number): void => {
    if (gap === null) return;
    const height = scroller.layout.offsetOf(until) - scroller.layout.offsetOf(gap);
    if (height > 0) drawn.push(<div key={`gap-${gap}`} className="timeline-gap" style={{ height }} />);
    gap = null;
  };
  for (let id = view.first; id <= view.last; id += 1) {
    const event = get(id);
    if (event === undefined) {
      gap ??= id;
      continue;
    }
    closeGap(id);
    if (roleOf(event, get) !== 'row') continue;
    const { answer, copy } = 'action' in event ? partsOf(event, get) : { answer: null, copy: null };
    drawn.push(
      <EventRow
        key={id}
        event={event}
        copy={copy}
        answer={answer}
        output={answer === null ? drafts.output((copy ?? event).id) : ''}
        isRecent={end - id < REACH}
        isTarget={id === targetRow}
      />,
    );
  }
  closeGap(view.last + 1);
  return drawn;
}

function rowFor(target: number, event: StoredEvent | undefined, scroller: TimelineScroller): number {
  return event === undefined ? target : rowOf(event, scroller.get);
}
