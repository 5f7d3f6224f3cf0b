/**
 * Space for the write-ahead log, made ahead. A commit that makes the file longer also has to write what the file system
 * keeps about the file, which costs about half as much again as the commit; one that overwrites does not. So the file is
 * made longer between commits, by zeros, which are no valid frames and are never read as such: the log ends at the first
 * frame whose salt is not that of the header (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
 *
 * Belongs to the thread that writes the log, which alone writes to the file. It grows by as much as it has, within
 * bounds, so that small stores stay small.
 */
import { closeSync, fdatasyncSync, fstatSync, openSync, writeSync } from 'node:fs';

const leastStep = 256 * 1024;
const mostStep = 4 * 1024 * 1024;
const zeros = Buffer.alloc(leastStep);

export class LogSpace {
  readonly #file: number;
  readonly #most: number;
  /** Up to here the file's space has been made, in bytes. */
  #made: number;

  /** `most`: beyond it no space is made, in bytes. The file must exist. */
  constructor(file: string, most: number) {
    this.#file = openSync(file, 'r+');
    this.#made = fstatSync(this.#file).size;
    this.#most = most;
  }

  /** To be called between commits. Blocks for about 3 ms a MB where the log has outgrown its space, and is quick else. */
  keep(): void {
    const { size } = fstatSync(this.#file);
    if (size <= this.#made || size >= this.#most) return;
    // What could not be written is not tried again before the log has grown beyond it.
    this.#made = Math.min(size + Math.min(Math.max(size, leastStep), mostStep), this.#most);
    for (let at = size; at < this.#made; at += zeros.length) {
      writeSync(this.#file, zeros, 0, Math.min(zeros.length, this.#made - at), at);
    }
    fdatasyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }
}
