/**
 * What one client sends, in the order in which it came. Up to `IN_FLIGHT` of it are under way at once, each begun
 * after the one before it: so a log keeps the client's order, and a store can commit several together.
 *
 *   reading ──(too many wait, or too much, or `hold`)──▶ halted ──(all is answered and nothing holds)──▶ reading
 *
 * A halted client is not read from: what it sends waits in its own buffers and costs this process nothing. What was
 * read before that, one chunk, still comes in; `LIMIT` bounds even that.
 */
const IN_FLIGHT = 64;
const LIMIT = 8_192;
const HALT_AT_BYTES = 4 * 1024 * 1024;

export interface InboxOptions<Item> {
  /** Begins with an item and answers when the next one may begin; `done` is called when it is dealt with. No rejects. */
  readonly begin: (item: Item, done: () => void) => void | Promise<void>;
  /** Told to halt reading, or to go on. */
  readonly setReading: (reading: boolean) => void;
}

export class Inbox<Item> {
  readonly #begin: InboxOptions<Item>['begin'];
  readonly #setReading: InboxOptions<Item>['setReading'];
  readonly #waiting: Item[] = [];
  #inFlight = 0;
  #pumping = false;
  #bytes = 0;
  #held = false;
  #reading = true;
  #idle: PromiseWithResolvers<void> | null = null;

  constructor({ begin, setReading }: InboxOptions<Item>) {
    this.#begin = begin;
    this.#setReading = setReading;
  }

  /** Counts what was read. It becomes an item within this turn of the event loop, or it never does. */
  read(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= HALT_AT_BYTES) return;
    this.#steer();
    setImmediate(() => this.#settle());
  }

  /** Takes an item; false where there are too many. */
  push(item: Item): boolean {
    if (this.#waiting.length >= LIMIT) return false;
    this.#waiting.push(item);
    this.#pump();
    return true;
  }

  /** Reading stays halted while it is held: the client does not take its answers. */
  hold(held: boolean): void {
    this.#held = held;
    this.#steer();
  }

  /** Resolves when everything that was pushed is dealt with. */
  idle(): Promise<void> {
    if (this.#isIdle) return Promise.resolve();
    this.#idle ??= Promise.withResolvers();
    return this.#idle.promise;
  }

  get #isIdle(): boolean {
    return this.#inFlight === 0 && this.#waiting.length === 0;
  }

  #pump(): void {
    while (!this.#pumping && this.#inFlight < IN_FLIGHT) {
      const item = this.#waiting.shift();
      if (item === undefined) break;
      this.#inFlight += 1;
      const begun = this.#begin(item, () => this.#done());
      if (begun === undefined) continue;
      this.#pumping = true;
      void begun.then(() => {
        this.#pumping = false;
        this.#pump();
      });
    }
    this.#steer();
  }

  #done(): void {
    this.#inFlight -= 1;
    this.#pump();
    this.#settle();
  }

  #settle(): void {
    if (!this.#isIdle) return;
    this.#bytes = 0;
    this.#steer();
    this.#idle?.resolve();
    this.#idle = null;
  }

  #steer(): void {
    const crowded = this.#waiting.length > 0 || this.#bytes > HALT_AT_BYTES;
    const reading = !this.#held && (this.#reading ? !crowded : this.#isIdle);
    if (reading === this.#reading) return;
    this.#reading = reading;
    this.#setReading(reading);
  }
}
