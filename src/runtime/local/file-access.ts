/**
 * Reading and writing of regular files at resolved paths. A symbolic link in the last place is never followed:
 * `WorkspacePaths` has followed those that may be. Reads are bounded; writes are atomic and keep the mode.
 */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { ConveneError } from '../../errors.ts';
import type { FileContent } from '../workspace.ts';
import { errno, nullOn } from './errno.ts';

const chunkBytes = 64 * 1024;
/** A NUL in the beginning is what tells a binary file. */
const inspectedBytes = 8 * 1024;

export interface Lines {
  readonly text: string;
  /** The index of the first line after those in `text`; null at the end of the file. */
  readonly next: number | null;
}

/** Gives an opened regular file to `use`. Pipes and devices are refused without waiting for them. */
async function withFile<Result>(
  path: string,
  use: (file: FileHandle, stats: Stats) => Promise<Result>,
): Promise<Result> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) throw errno('EISDIR');
    if (!stats.isFile()) throw errno('ENXIO');
    return await use(file, stats);
  } finally {
    await file.close();
  }
}

/**
 * The whole file. @throws `payload_too_large` where it has more than `maxBytes`
 */
export function readWhole(path: string, maxBytes: number): Promise<Buffer> {
  return withFile(path, async (file, { size }) => {
    const tooLarge = (): ConveneError =>
      new ConveneError('payload_too_large', `The file has more than ${maxBytes} bytes. Read it in parts.`);
    if (size > maxBytes) throw tooLarge();
    // Files of /proc and the like say 0; a file may also grow meanwhile.
    const chunks: Buffer[] = [];
    let total = 0;
    for await (const chunk of chunksOf(file)) {
      total += chunk.length;
      if (total > maxBytes) throw tooLarge();
      chunks.push(Buffer.from(chunk));
    }
    return Buffer.concat(chunks, total);
  });
}

/** Whether the file's beginning says that it is no text. */
export function isBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, inspectedBytes).includes(0);
}

/**
 * Lines from `start` (counted from 0) to before `end` (-1: to the end of the file), as many as fit into `maxBytes`;
 * at least a part of the first. Null where the file is binary.
 */
export function readLines(path: string, start: number, end: number, maxBytes: number): Promise<Lines | null> {
  return withFile(path, async (file) => {
    const kept: Buffer[] = [];
    let room = maxBytes;
    let line = 0;
    let inspected = false;
    for await (const chunk of chunksOf(file)) {
      if (!inspected && isBinary(chunk)) return null;
      inspected = true;
      for (let from = 0; from < chunk.length; ) {
        if (line === end) return { text: text(kept), next: null };
        const newline = chunk.indexOf(0x0a, from);
        const to = newline < 0 ? chunk.length : newline + 1;
        if (line >= start) {
          if (to - from > room) {
            kept.push(Buffer.from(chunk.subarray(from, from + room)));
            return { text: text(kept), next: line };
          }
          kept.push(Buffer.from(chunk.subarray(from, to)));
          room -= to - from;
        }
        if (newline >= 0) line += 1;
        from = to;
      }
    }
    return { text: text(kept), next: null };
  });
}

/** Chunks share one buffer. */
async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(chunkBytes);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

function text(chunks: readonly Buffer[]): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(chunks));
}

/** Replaces or makes the file, and the folders above it. Whoever reads it meanwhile sees the old or the new one. */
export async function writeWhole(path: string, content: FileContent, clock: Clock): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const before = await lstat(path).catch(nullOn('ENOENT'));
  if (before?.isDirectory()) throw errno('EISDIR');
  if (before !== null && !before.isFile()) throw errno('ENXIO');
  const passing = join(folder, `.${basename(path).slice(0, 100)}.${clock.id().slice(0, 12)}.tmp`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(passing, flags, before === null ? 0o666 : 0o600);
  try {
    try {
      await file.writeFile(content);
      if (before !== null) await file.chmod(before.mode & 0o7777);
    } finally {
      await file.close();
    }
    await rename(passing, path);
  } catch (error) {
    await rm(passing, { force: true });
    throw error;
  }
}
