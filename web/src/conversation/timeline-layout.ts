/**
 * Where each event stands in the timeline. Every event of the log has a place, by its id; those without a row of their
 * own have no height there. Heights are estimated until a row has been on the screen, and measured then; what is
 * looked at (`anchor`) stays where it is while heights above it change.
 */
import type { StoredEvent } from 'convene/client';
import type { WindowChange } from './event-window.ts';
import { estimatedHeight, UNKNOWN_HEIGHT } from './row-estimate.ts';
import { RowHeights } from './row-heights.ts';
import { type Lookup, REACH, roleOf } from './timeline-rows.ts';

/** What stays where it is: a row, with what of it is above the upper edge; or the end of the list. */
export type Anchor = { readonly id: number; readonly above: number } | 'end';

export interface RowRange {
  readonly first: number;
  readonly last: number;
}

const UNKNOWN = 0;
const ESTIMATED = 1;
const MEASURED = 2;

export class TimelineLayout {
  readonly #heights = new RowHeights(UNKNOWN_HEIGHT);
  readonly #get: Lookup;
  #known = new Uint8Array(0);
  #count = 0;
  anchor: Anchor = 'end';

  constructor(get: Lookup) {
    this.#get = get;
  }

  /** How many events are shown: those from 0 on. */
  get count(): number {
    return this.#count;
  }

  set count(count: number) {
    this.#count = count;
    if (count <= this.#heights.length) return;
    this.#heights.resize(count);
    if (count <= this.#known.length) return;
    const known = new Uint8Array(Math.max(256, count, this.#known.length * 2));
    known.set(this.#known);
    this.#known = known;
  }

  get total(): number {
    return this.#heights.offsetOf(this.#count);
  }

  offsetOf(id: number): number {
    return this.#heights.offsetOf(Math.min(id, this.#count));
  }

  heightOf(id: number): number {
    return this.#heights.heightOf(id);
  }

  /** Events have come; also what follows them may now have another role. */
  update({ from, to }: WindowChange): void {
    const end = Math.min(to + REACH, this.#heights.length - 1);
    for (let id = Math.max(0, from); id <= end; id += 1) {
      const event = this.#get(id);
      if (event !== undefined) this.#place(event);
    }
  }

  /** A row has been on the screen. Answers with whether that changes anything. */
  measure(id: number, height: number): boolean {
    this.#known[id] = MEASURED;
    return this.#heights.set(id, height) !== 0;
  }

  /** The rows that are seen, and those within `margin` px around them. */
  range(scrollTop: number, viewport: number, margin: number): RowRange {
    const last = Math.max(0, this.#count - 1);
    return {
      first: Math.min(last, this.#heights.rowAt(scrollTop - margin)),
      last: Math.min(last, this.#heights.rowAt(scrollTop + viewport + margin)),
    };
  }

  /** Whoever looks has moved: what is at the upper edge stays there from now on. */
  hold(scrollTop: number): void {
    const id = this.#heights.rowAt(scrollTop);
    this.anchor = { id, above: scrollTop - this.#heights.offsetOf(id) };
  }

  /** Where to scroll to, so that the anchor is where it was; null for the end. */
  get heldTop(): number | null {
    if (this.anchor === 'end') return null;
    return this.offsetOf(this.anchor.id) + this.anchor.above;
  }

  #place(event: StoredEvent): void {
    const { id } = event;
    const height = this.#heights.heightOf(id);
    if (roleOf(event, this.#get) !== 'row') {
      this.#heights.set(id, 0);
      this.#known[id] = ESTIMATED;
    } else if (this.#known[id] === UNKNOWN || height === 0) {
      this.#heights.set(id, estimatedHeight(event));
      this.#known[id] = ESTIMATED;
    }
  }
}
