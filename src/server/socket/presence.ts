/**
 * Tells a conversation's viewers how many are there: soon after a change, once for all changes of that time.
 *
 *   still ──(change)──▶ waiting ──(after DELAY_MS)──▶ asking ──▶ still, or waiting where there was a change meanwhile
 *   any ──▶ closed
 */
import type { Cancel, Clock } from '../../clock.ts';

const DELAY_MS = 100;

export interface PresenceOptions {
  readonly clock: Clock;
  /** How many connections there are now, on all nodes. */
  readonly count: () => Promise<number>;
  readonly show: (connections: number) => void;
  readonly onError: (error: unknown) => void;
}

export class PresenceNotice {
  readonly #options: PresenceOptions;
  #cancel: Cancel | null = null;
  #asking = false;
  #changed = false;
  #closed = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** Somebody came or went. */
  change(): void {
    if (this.#asking) this.#changed = true;
    if (this.#closed || this.#asking || this.#cancel !== null) return;
    this.#cancel = this.#options.clock.after(DELAY_MS, () => {
      this.#cancel = null;
      void this.#ask();
    });
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#cancel = null;
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    this.#changed = false;
    try {
      const connections = await this.#options.count();
      if (!this.#closed) this.#options.show(connections);
    } catch (error) {
      this.#options.onError(error);
    } finally {
      this.#asking = false;
      if (this.#changed) this.change();
    }
  }
}
