/**
 * What a person has sent and the server has not acknowledged. Each entry is in the browser's storage before anything
 * else happens to it, under the `action_id` with which it is sent: so it survives a reload, and is stored once however
 * often it is sent.
 *
 *   waiting ──(sent)──▶ acknowledged ──(its event is here)──▶ gone
 *      ▲  └──(the server says no)──▶ refused ──(discarded)──▶ gone
 *      └────────(tried again)──────────┘
 */
import { isClientError, type SendAction } from 'convene/client';

export interface OutboxEntry {
  readonly actionId: string;
  readonly action: SendAction;
  /** When it was written, in ms since 1970. */
  readonly at: number;
  readonly state: 'waiting' | 'acknowledged' | 'refused';
  /** Why it was refused. */
  readonly problem?: string;
  /** The event that it became. */
  readonly eventId?: number;
  /** Whether it would survive a reload: the browser's storage may be full. */
  readonly isKept: boolean;
}

export interface OutboxOptions {
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;
  readonly conversationId: string;
  readonly newActionId: () => string;
  readonly now: () => number;
}

/** Sends until it is acknowledged; answers with the event's id. */
export type Send = (
  action: SendAction,
  options: { readonly actionId: string; readonly signal: AbortSignal },
) => Promise<number>;

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #prefix: string;
  readonly #listeners = new Set<() => void>();
  #entries: readonly OutboxEntry[];

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#prefix = `convene.outbox.${options.conversationId}.`;
    this.#entries = this.#stored();
  }

  /** In the order in which they were written. The same array until something changes. */
  get entries(): readonly OutboxEntry[] {
    return this.#entries;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  add(action: SendAction): OutboxEntry {
    const { newActionId, now, storage } = this.#options;
    const actionId = newActionId();
    const at = Math.max(now(), (this.#entries.at(-1)?.at ?? 0) + 1);
    let isKept = true;
    try {
      storage.setItem(this.#prefix + actionId, JSON.stringify({ action, at }));
    } catch {
      isKept = false; // full, or switched off: the person is told
    }
    const entry: OutboxEntry = { actionId, action, at, state: 'waiting', isKept };
    this.#become([...this.#entries, entry]);
    return entry;
  }

  /** Sends again what was refused. */
  retry(actionId: string): void {
    this.#change(actionId, ({ problem: _, ...entry }) => ({ ...entry, state: 'waiting' }));
  }

  discard(actionId: string): void {
    this.#options.storage.removeItem(this.#prefix + actionId);
    this.#become(this.#entries.filter((entry) => entry.actionId !== actionId));
  }

  /** The page shows the log up to `head`: what is in it need not be shown as sent. */
  settle(head: number): void {
    const left = this.#entries.filter(({ eventId }) => eventId === undefined || eventId > head);
    if (left.length < this.#entries.length) this.#become(left);
  }

  /** Sends what waits and what comes to wait, one after the other; ends when it is aborted or `send` has no more way. */
  async drain(send: Send, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const next = this.#entries.find(({ state }) => state === 'waiting');
      if (next === undefined) {
        await this.#changed(signal);
      } else if (!(await this.#deliver(next, send, signal))) {
        return;
      }
    }
  }

  /** Whether there is still a way to send. */
  async #deliver({ action, actionId }: OutboxEntry, send: Send, signal: AbortSignal): Promise<boolean> {
    try {
      const eventId = await send(action, { actionId, signal });
      this.#options.storage.removeItem(this.#prefix + actionId);
      this.#change(actionId, (entry) => ({ ...entry, state: 'acknowledged', eventId }));
    } catch (error) {
      if (signal.aborted || isClientError(error, 'closed')) return false;
      if (isClientError(error, 'timed_out') || isClientError(error, 'unreachable')) return true;
      const problem = error instanceof Error ? error.message : String(error);
      this.#change(actionId, (entry) => ({ ...entry, state: 'refused', problem }));
    }
    return true;
  }

  #stored(): OutboxEntry[] {
    const { storage } = this.#options;
    const entries: OutboxEntry[] = [];
    for (let index = 0; index < storage.length; index += 1) {
      const key = storage.key(index);
      if (key?.startsWith(this.#prefix) !== true) continue;
      const kept = keptIn(storage.getItem(key));
      const actionId = key.slice(this.#prefix.length);
      if (kept !== null) entries.push({ ...kept, actionId, state: 'waiting', isKept: true });
    }
    return entries.sort((a, b) => a.at - b.at);
  }

  #change(actionId: string, change: (entry: OutboxEntry) => OutboxEntry): void {
    this.#become(this.#entries.map((entry) => (entry.actionId === actionId ? change(entry) : entry)));
  }

  #become(entries: readonly OutboxEntry[]): void {
    this.#entries = entries;
    for (const listener of [...this.#listeners]) listener();
  }

  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        unsubscribe();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const unsubscribe = this.subscribe(end);
      signal.addEventListener('abort', end, { once: true });
    });
  }
}

/** Null where it is not what this class has written. */
function keptIn(text: string | null): { readonly action: SendAction; readonly at: number } | null {
  if (text === null) return null;
  try {
    const kept: unknown = JSON.parse(text);
    if (typeof kept !== 'object' || kept === null || !('action' in kept) || !('at' in kept)) return null;
    const { action, at } = kept;
    if (typeof at !== 'number' || typeof action !== 'object' || action === null || !('action' in action))
      return null;
    return { action: action as SendAction, at };
  } catch {
    return null; // another version's, or cut off
  }
}
