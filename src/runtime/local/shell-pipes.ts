/**
 * The pipes between a shell and the server: one for instructions, two for the input and the output of commands. They are
 * named pipes in the shell's private folder: Node gives children socket pairs, through which `/dev/stdin` and `/dev/stdout`
 * can't be opened. They outlive a shell that ends, so that what its background processes write still arrives.
 *
 * The server keeps a writing end of the output open too: there is never an end of file to mistake for silence.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Cancel, Clock } from '../../clock.ts';
import { errnoOf } from './errno.ts';
import { files } from './shell-script.ts';
import type { Spawner } from './spawner/spawner.ts';

const chunkBytes = 64 * 1024;
/** A command that floods is read in portions with rests between them, so that it leaves time for everybody else. */
const portionBytes = 2 * 1024 * 1024;
const restMs = 10;
/** The same while no command runs, and only background processes write. */
const idleRestMs = 200;
const drainLimit = 1024 * 1024;

export interface PipePaths {
  readonly control: string;
  readonly input: string;
  readonly output: string;
}

export class ShellPipes {
  readonly paths: PipePaths;
  readonly #clock: Clock;
  readonly #onOutput: (chunk: Buffer) => void;
  readonly #reader: Socket;
  readonly #readingEnd: number;
  readonly #keptWritingEnd: number;
  #writer: Socket;
  /** Whether the input may hold what an earlier command left, or has been ended. */
  #inputUsed = false;
  #portion = 0;
  #portionEnds = 0;
  #rest: Cancel | null = null;
  #inHurry = true;

  /** Makes the pipes in `folder`. `onOutput` must copy what it keeps of a chunk. */
  static async open(
    folder: string,
    { clock, spawner }: { readonly clock: Clock; readonly spawner: Spawner },
    onOutput: (chunk: Buffer) => void,
  ): Promise<ShellPipes> {
    const at = (name: string): string => join(folder, name);
    const paths = { control: at(files.control), input: at(files.input), output: at(files.output) };
    await spawner.makePipes(Object.values(paths));
    return new ShellPipes(paths, clock, onOutput);
  }

  private constructor(paths: PipePaths, clock: Clock, onOutput: (chunk: Buffer) => void) {
    this.paths = paths;
    this.#clock = clock;
    this.#onOutput = onOutput;
    this.#readingEnd = openSync(paths.output, constants.O_RDONLY | constants.O_NONBLOCK);
    this.#keptWritingEnd = openSync(paths.output, constants.O_WRONLY);
    this.#writer = openWriter(paths.input);
    const onread = { buffer: Buffer.alloc(chunkBytes), callback: this.#receive.bind(this) };
    this.#reader = new Socket({ fd: this.#readingEnd, readable: true, writable: false, onread });
    this.#reader.on('error', ignore);
    this.#reader.resume();
  }

  /** The writing end of the instructions of a new shell, which hears nothing of what an earlier one was told. */
  openControl(): Socket {
    return openWriter(this.paths.control);
  }

  /** Gives text to whoever reads the input. */
  write(text: string): void {
    this.#inputUsed = true;
    this.#writer.write(text);
  }

  /** Ends the input after what was written; `renewInput` opens it again. */
  endInput(): void {
    this.#inputUsed = true;
    this.#writer.end();
  }

  /** Throws away what nobody has read, and opens the input again where it was ended. */
  renewInput(): void {
    if (!this.#inputUsed) return;
    this.#writer.destroy();
    this.#writer = openWriter(this.paths.input);
    this.#inputUsed = false;
  }

  /** Reads at once what is in the output now. */
  drain(): void {
    const buffer = Buffer.alloc(chunkBytes);
    for (let drained = 0; drained < drainLimit; ) {
      const count = readAvailable(this.#readingEnd, buffer);
      if (count === 0) return;
      drained += count;
      this.#onOutput(buffer.subarray(0, count));
    }
  }

  /** Whether somebody waits for what is written. */
  hurry(inHurry: boolean): void {
    this.#inHurry = inHurry;
    if (inHurry && this.#rest !== null) this.#readOn();
  }

  close(): void {
    this.#rest?.();
    this.#reader.destroy();
    this.#writer.destroy();
    closeSync(this.#keptWritingEnd);
  }

  #receive(count: number, buffer: Uint8Array): boolean {
    this.#onOutput(Buffer.from(buffer.buffer, buffer.byteOffset, count));
    return this.#mayReadOn(count);
  }

  #mayReadOn(count: number): boolean {
    const now = this.#clock.monotonic();
    if (now > this.#portionEnds) {
      this.#portion = 0;
      this.#portionEnds = now + restMs;
    }
    this.#portion += count;
    if (this.#portion < portionBytes) return true;
    this.#rest = this.#clock.after(this.#inHurry ? restMs : idleRestMs, () => this.#readOn());
    return false;
  }

  #readOn(): void {
    this.#rest?.();
    this.#rest = null;
    this.#reader.resume();
  }
}

/** A writing end can be opened only while there is a reading one; the passing one also empties the pipe. */
function openWriter(path: string): Socket {
  const passing = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const buffer = Buffer.alloc(chunkBytes);
    while (readAvailable(passing, buffer) > 0);
    const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    const writer = new Socket({ fd, readable: false, writable: true });
    writer.on('error', ignore);
    return writer;
  } finally {
    closeSync(passing);
  }
}

/** A pipe whose other side is gone: whoever waits learns that from the shell's end. */
function ignore(): void {}

/** Reads what is there; 0 where nothing is. */
function readAvailable(fd: number, buffer: Buffer): number {
  try {
    return readSync(fd, buffer, 0, buffer.length, null);
  } catch (error) {
    if (errnoOf(error) === 'EAGAIN') return 0;
    throw error;
  }
}
