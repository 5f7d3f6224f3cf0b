/** What commands print: results on stdout, what is meant for people meanwhile on stderr. */
import type { Writable } from 'node:stream';

/** Resolves when it is written. Rejects where whoever read it has gone (`EPIPE`). */
export function print(text: string, stream: Writable = process.stdout): Promise<void> {
  return new Promise((resolve, reject) => {
    // The same failure is also an event, which would end the process.
    if (!stream.listeners('error').includes(heard)) stream.on('error', heard);
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

function heard(): void {}

export function printJson(value: unknown): Promise<void> {
  return print(`${JSON.stringify(value, null, 2)}\n`);
}

/** Whether whoever read the output has gone. */
export function isReaderGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

/** A line that replaces itself, on a terminal only. */
export class ProgressLine implements Disposable {
  readonly #stream = process.stderr;
  #shown = '';
  #next = 0;

  show(text: string): void {
    const now = performance.now();
    if (!this.#stream.isTTY || now < this.#next) return;
    this.#next = now + 100;
    this.#stream.write(`\r${text.padEnd(this.#shown.length)}`);
    this.#shown = text;
  }

  [Symbol.dispose](): void {
    if (this.#shown !== '') this.#stream.write(`\r${' '.repeat(this.#shown.length)}\r`);
    this.#shown = '';
  }
}
