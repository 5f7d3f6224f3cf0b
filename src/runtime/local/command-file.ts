/**
 * The file that bash loads the next command from, behind a token that shows its beginning. It is written over in place, up to a NUL, and never cut off: some
 * file systems make that slow.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

export class CommandFile {
  readonly #fd: number;
  readonly #token: string;

  constructor(path: string, token: string) {
    this.#token = token;
    this.#fd = openSync(path, 'wx', 0o600);
  }

  /** Synchronous, so that a command can be taken back before bash loads it. */
  set(command: string): void {
    const bytes = Buffer.from(`${this.#token}${command}\0`);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at, bytes.length - at, at);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
