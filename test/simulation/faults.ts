/**
 * What goes wrong in a simulated schedule, and how often. Drawn by fast-check; `none` is what holds after the end of
 * a schedule, when everything must come to rest.
 */
export interface Faults {
  /** Longest usual delay of one way to the store, in ms. */
  readonly storeDelayMs: number;
  /** Share of store calls that fail and do nothing. */
  readonly unavailable: number;
  /** Share of store calls that are carried out and whose answer is lost. */
  readonly unanswered: number;
  /** Share of store calls that take long. */
  readonly slow: number;
  /** Null: hints reach everybody at once, as in one process. */
  readonly hints: { readonly lost: number; readonly repeated: number; readonly delayMs: number } | null;
  /** Share of events after which a reader is full. */
  readonly full: number;
  /** Share of looks at the clock that show that time has flown: what works in slices ends its slice. */
  readonly flown: number;
  /** So long a process waits for the store. Left out: for as long as it takes. */
  readonly timeoutMs?: number;
  /** So long it may take to open a runtime. Left out: no time. */
  readonly openMs?: number;
}

export const noFaults: Faults = {
  storeDelayMs: 1,
  unavailable: 0,
  unanswered: 0,
  slow: 0,
  hints: null,
  full: 0,
  flown: 0,
};
