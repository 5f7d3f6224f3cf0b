/**
 * Output on its way to people who watch. A flood must not flood them: what comes is gathered for a moment, and of
 * what comes within one moment only so much is passed on, with a note of what was left out.
 *
 * States: *quiet* (the next chunk is passed on at once) → *gathering* (until the moment is over) → quiet when
 * nothing came meanwhile; *closed* is final.
 */
import type { Cancel, Clock } from '../../clock.ts';

const momentMs = 30;
const bytesInAMoment = 16 * 1024;

export class OutputStream {
  readonly #clock: Clock;
  readonly #deliver: (text: string) => void;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #chunks: Buffer[] = [];
  #gathered = 0;
  #leftOut = 0;
  #timer: Cancel | null = null;

  constructor(clock: Clock, deliver: (text: string) => void) {
    this.#clock = clock;
    this.#deliver = deliver;
  }

  /** Copies what it keeps: the caller may use `chunk` again. */
  push(chunk: Uint8Array): void {
    const kept = Math.min(chunk.length, bytesInAMoment - this.#gathered);
    if (kept > 0) this.#chunks.push(Buffer.from(chunk.subarray(0, kept)));
    this.#gathered += kept;
    this.#leftOut += chunk.length - kept;
    if (this.#timer === null) this.#flush();
  }

  /** Passes on what was gathered, and ends. */
  close(): void {
    this.#timer?.();
    this.#timer = null;
    const rest = this.#take() + this.#decoder.decode();
    if (rest !== '') this.#deliver(rest);
  }

  #flush(): void {
    this.#timer = null;
    if (this.#gathered === 0) return;
    const text = this.#take();
    this.#timer = this.#clock.after(momentMs, () => this.#flush());
    if (text !== '') this.#deliver(text);
  }

  #take(): string {
    let text = this.#decoder.decode(Buffer.concat(this.#chunks), { stream: true });
    if (this.#leftOut > 0)
      text += `${this.#decoder.decode()}\n[… ${this.#leftOut} bytes are not shown live …]\n`;
    this.#chunks = [];
    this.#gathered = 0;
    this.#leftOut = 0;
    return text;
  }
}
