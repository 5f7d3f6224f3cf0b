/** The port `Takeovers`: which node took which conversation over, for people who ask what happened. Nothing depends on it. */

export type TakeoverCause =
  /** The owner's lock was free: its process has ended. */
  | 'crashed'
  /** The owner was paused or cut off, and its lease ended. */
  | 'lease ended'
  /** The owner drained. */
  | 'handed over';

export interface Takeover {
  readonly sid: string;
  readonly from: string;
  readonly to: string;
  readonly cause: TakeoverCause;
  /** From the last sign of the former owner to the new one's claim, in ms. */
  readonly durationMs: number;
  /** Of the claim, in milliseconds since the epoch. */
  readonly at: number;
}

/** What the new owner knows. */
export interface NewTakeover {
  readonly sid: string;
  readonly from: string;
  readonly to: string;
  /** Where the former owner handed it over: how long ago, in ms. Left out where that has died. */
  readonly handedOverMs?: number;
}

export interface Takeovers extends AsyncDisposable {
  /** Never throws and never waits. */
  record(takeover: NewTakeover): void;
  /** The newest, newest first. */
  recent(limit: number): Promise<readonly Takeover[]>;
}

/** A single process has nobody to take over from. */
export const noTakeovers: Takeovers = {
  record() {},
  async recent() {
    return [];
  },
  async [Symbol.asyncDispose]() {},
};
