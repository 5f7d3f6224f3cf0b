/**
 * The scrolling of the timeline: which rows are drawn, and where the page stands.
 *
 *   following: the end stays in view ⇄ (scrolled away, back) ⇄ holding: what is looked at stays where it is
 *
 * React draws the rows of `view`; after each drawing `settle` measures them and puts the scroll position right, before
 * anything is painted.
 */
import type { EventWindow, WindowChange } from './event-window.ts';
import { TimelineLayout } from './timeline-layout.ts';
import { roleOf, rowOf } from './timeline-rows.ts';

export interface TimelineView {
  readonly first: number;
  readonly last: number;
  /** Where the first row stands, in px. */
  readonly top: number;
  /** The height of all rows. */
  readonly total: number;
  readonly isFollowing: boolean;
  /** How many rows have come since the end was last in view. */
  readonly unseen: number;
  /** Changes with every change of what is shown. */
  readonly version: number;
}

/** Drawn above and below what is seen, in px. */
const MARGIN = 500;
/** The same while a person rushes by: there is enough to do with what is seen. */
const RUSH_MARGIN = 60;
/** So long after a rush, the rest is drawn. */
const CALM_MS = 90;
/** Loaded before and after what is drawn, in events. */
const AHEAD = 100;
/** What counts as the end, in px. */
const END = 24;
/** An event that is jumped to stands so far below the upper edge. */
const ABOVE_TARGET = 88;

export class TimelineScroller {
  readonly layout: TimelineLayout;
  readonly #window: EventWindow;
  readonly #listeners = new Set<() => void>();
  readonly #observer: ResizeObserver;
  #scroller: HTMLElement | null = null;
  #rows: HTMLElement | null = null;
  #cut: number | null = null;
  #seen = -1;
  #unseen = 0;
  /** Where the page was put by this class: a scroll event that finds it elsewhere is a person's. */
  #placed = 0;
  #view: TimelineView;
  #margin = MARGIN;
  #calm: ReturnType<typeof setTimeout> | undefined;

  constructor(window: EventWindow) {
    this.#window = window;
    this.layout = new TimelineLayout(this.get);
    this.#observer = new ResizeObserver(() => this.settle());
    this.#view = { first: 0, last: -1, top: 0, total: 0, isFollowing: true, unseen: 0, version: 0 };
  }

  /** An event, where it is here and not after the cut. */
  readonly get = (id: number) => (this.#cut !== null && id > this.#cut ? undefined : this.#window.get(id));

  readonly view = (): TimelineView => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** The answer ends it. */
  attach(scroller: HTMLElement, rows: HTMLElement, footer: HTMLElement): () => void {
    this.#scroller = scroller;
    this.#rows = rows;
    const onScroll = (): void => this.#onScroll();
    scroller.addEventListener('scroll', onScroll, { passive: true });
    for (const element of [scroller, rows, footer]) this.#observer.observe(element);
    const end = this.#window.subscribe((change) => this.#onChange(change));
    this.#onChange({ from: 0, to: this.#window.head });
    return () => {
      end();
      clearTimeout(this.#calm);
      scroller.removeEventListener('scroll', onScroll);
      this.#observer.disconnect();
      this.#scroller = null;
      this.#rows = null;
    };
  }

  /** Shows nothing after this event; null: everything. */
  cutAt(cut: number | null): void {
    if (this.#cut === cut) return;
    const before = this.#cut ?? this.#window.head;
    this.#cut = cut;
    const now = cut ?? this.#window.head;
    this.layout.count = now + 1;
    this.layout.anchor = 'end';
    // At the end of what is shown, a card may have lost or won what came of its action.
    this.layout.update({ from: Math.min(before, now) - AHEAD, to: Math.max(before, now) });
    this.#refresh();
  }

  /** `above`: how much of what comes before it stays in view, in px. */
  toEvent(id: number, above = ABOVE_TARGET): void {
    const event = this.get(id);
    const row = event === undefined ? id : rowOf(event, this.get);
    this.layout.anchor = { id: row, above: -above };
    this.#refresh();
  }

  toEnd(): void {
    this.layout.anchor = 'end';
    this.#sawEnd();
    this.#refresh();
  }

  /** A card is about to be opened or closed: it stays where it is. */
  holdRow(id: number): void {
    if (this.#scroller === null) return;
    this.layout.anchor = { id, above: this.#scroller.scrollTop - this.layout.offsetOf(id) };
  }

  /** After each drawing, and when something has changed its size. */
  settle(): void {
    const scroller = this.#scroller;
    if (scroller === null || this.#rows === null || scroller.clientHeight === 0) return;
    let isChanged = false;
    for (const row of this.#rows.children) {
      if (!(row instanceof HTMLElement) || row.dataset['id'] === undefined) continue;
      const height = row.getBoundingClientRect().height;
      if (this.layout.measure(Number(row.dataset['id']), height)) isChanged = true;
    }
    if (isChanged) this.#refresh();
    else this.#place();
  }

  #onScroll(): void {
    const scroller = this.#scroller;
    if (scroller === null) return;
    const { clientHeight, scrollHeight, scrollTop } = scroller;
    if (Math.abs(scrollTop - this.#placed) > 1) {
      if (Math.abs(scrollTop - this.#placed) > clientHeight) this.#rush();
      this.#placed = scrollTop;
      const isAtEnd = scrollHeight - clientHeight - scrollTop < END;
      if (isAtEnd) this.layout.anchor = 'end';
      else this.layout.hold(scrollTop);
      if (isAtEnd) this.#sawEnd();
    }
    this.#refresh(false);
  }

  #rush(): void {
    this.#margin = RUSH_MARGIN;
    clearTimeout(this.#calm);
    this.#calm = setTimeout(() => {
      this.#margin = MARGIN;
      this.#refresh(false);
    }, CALM_MS);
  }

  #onChange(change: WindowChange): void {
    const { head } = this.#window;
    this.layout.count = (this.#cut ?? head) + 1;
    this.layout.update(change);
    if (this.layout.anchor === 'end' || this.#seen === -1) this.#sawEnd();
    else this.#count(change);
    this.#refresh();
  }

  #count({ from, to }: WindowChange): void {
    for (let id = Math.max(from, this.#seen + 1); id <= to; id += 1) {
      const event = this.#window.get(id);
      if (event !== undefined && roleOf(event, this.get) === 'row') this.#unseen += 1;
    }
    this.#seen = Math.max(this.#seen, to);
  }

  #sawEnd(): void {
    this.#seen = this.#window.head;
    this.#unseen = 0;
  }

  /** `isNews`: something else has changed than what is in view. */
  #refresh(isNews = true): void {
    const scroller = this.#scroller;
    // Without height it is not drawn: another tab of the page is open.
    if (scroller === null || scroller.clientHeight === 0) return;
    const { layout } = this;
    const { total } = layout;
    const viewport = scroller.clientHeight;
    const top = layout.heldTop ?? Math.max(0, total - viewport);
    const { first, last } = layout.range(top, viewport, this.#margin);
    const { isFollowing: wasFollowing, version } = this.#view;
    const isFollowing = layout.anchor === 'end';
    const isSame = first === this.#view.first && last === this.#view.last && isFollowing === wasFollowing;
    if (!isNews && isSame) return;
    this.#window.want(first - AHEAD, Math.min(last + AHEAD, first + 2_000, layout.count - 1));
    this.#view = {
      first,
      last: Math.min(last, layout.count - 1),
      top: layout.offsetOf(first),
      total,
      isFollowing,
      unseen: this.#unseen,
      version: version + 1,
    };
    for (const listener of [...this.#listeners]) listener();
  }

  #place(): void {
    const scroller = this.#scroller;
    if (scroller === null) return;
    const top = this.layout.heldTop ?? scroller.scrollHeight - scroller.clientHeight;
    if (Math.abs(scroller.scrollTop - top) > 0.5) scroller.scrollTop = top;
    this.#placed = scroller.scrollTop;
  }
}
