/**
 * How a loop reaches the store: under its epoch, with a key for each batch, again and again for as long as the store is
 * away and the lease holds. A refusal that means that this loop is not the owner any more ends it.
 */
import { type Clock, delay } from '../clock.ts';
import type { Membership } from '../cluster/membership.ts';
import { isError } from '../errors.ts';
import type { AppendRequest, AppendResult } from '../store/event-store.ts';
import { writerOf } from '../store/event-store.ts';
import type { EventStreams } from '../stream/event-streams.ts';

/** Why a loop ended. */
export type LoopEnd =
  | 'closed'
  /** A newer claim exists: this loop must not write any more, and has not. */
  | 'fenced'
  | 'lease lost'
  | 'deleted'
  /** It was told to give the conversation up. */
  | 'released'
  /** Something failed that should not: see the log. */
  | 'failed';

export interface LoopWriterOptions {
  readonly sid: string;
  readonly epoch: number;
  readonly streams: EventStreams;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly hasEnded: () => boolean;
  readonly end: (end: LoopEnd) => void;
}

export type Written = AppendResult & { readonly outcome: 'appended' | 'behind' };

const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 2_000;
const RELEASE_TRIES = 4;

export class LoopWriter {
  readonly #options: LoopWriterOptions;
  #batches = 0;
  /** Aborts waits for a store that does not answer; made when one is needed. */
  #waits: AbortController | null = null;
  #givenUp = false;

  constructor(options: LoopWriterOptions) {
    this.#options = options;
  }

  /**
   * Appends a batch. `behind`: only if nothing was appended after that id. Null where the loop has ended. Everything up to
   * the answer's head has been folded when it resolves.
   */
  async append(
    request: Pick<AppendRequest, 'events' | 'set'>,
    behind: number | null,
  ): Promise<Written | null> {
    const { clock, epoch, end, sid, streams } = this.#options;
    this.#batches += 1;
    const full: AppendRequest = {
      ...request,
      sid,
      at: clock.now(),
      writer: writerOf.loop,
      epoch,
      ...(request.events.length === 0 ? {} : { key: `${epoch}.${this.#batches}` }),
      ...(behind === null ? {} : { behind }),
    };
    const answer = await this.trying(() => streams.append(full));
    if (answer === null) return null;
    const result = answer.found;
    switch (result.outcome) {
      case 'appended':
        await streams.reached(sid, result.head);
        return result;
      case 'behind':
        await streams.reached(sid, result.head);
        return result;
      case 'fenced':
        end('fenced');
        return null;
      case 'missing':
        end('deleted');
        return null;
      case 'conflict':
      case 'running':
        throw new Error(`a loop's append was answered with ${result.outcome}`);
    }
  }

  /** Names a user's own action as the one under way. False where the loop has ended. */
  async markExecuting(id: number): Promise<boolean> {
    const { epoch, end, sid, streams } = this.#options;
    const marked = await this.trying(() => streams.store.markExecuting(sid, epoch, id));
    if (marked?.found === false) end('fenced');
    return marked?.found ?? false;
  }

  /** Gives ownership up, so that whoever comes next need not wait for this node's death. Throws where it can't. */
  async release(): Promise<void> {
    const { clock, epoch, sid, streams } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await streams.store.release(sid, epoch);
        return;
      } catch (error) {
        if (attempt === RELEASE_TRIES) throw error;
        await delay(clock, RETRY_MIN_MS * attempt);
      }
    }
  }

  /** Waits no longer for a store that is away. */
  giveUp(): void {
    this.#givenUp = true;
    this.#waits?.abort(new Error('the loop waits no longer'));
  }

  /** Tries again for as long as the store is away and the lease holds; null where the loop has ended. */
  async trying<T>(attempt: () => Promise<T>): Promise<{ readonly found: T } | null> {
    const { clock, end, hasEnded, membership } = this.#options;
    for (let wait = RETRY_MIN_MS; !hasEnded(); wait = Math.min(wait * 2, RETRY_MAX_MS)) {
      try {
        return { found: await attempt() };
      } catch (error) {
        if (!isError(error, 'store_unavailable') && !isError(error, 'outcome_unknown')) throw error;
        if (!membership.holdsLease()) end('lease lost');
        else if (this.#givenUp) end('released');
      }
      if (hasEnded()) return null;
      this.#waits ??= new AbortController();
      await delay(clock, wait, this.#waits.signal).catch(() => {
        // Given up: the next attempt is the last.
      });
    }
    return null;
  }
}
