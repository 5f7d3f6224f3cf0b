/**
 * `FileStore` in a local folder, one file a blob. It never leaves its folder: keys cannot climb, and symbolic links
 * are neither followed nor listed. A write goes to a temporary file that is synced and then renamed.
 */

import { randomBytes } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { ConveneError } from '../errors.ts';
import { type FileStore, fileConflict, fileNotFound, segmentsOf } from './file-store.ts';

/** Where unfinished writes lie; no key may begin with it. */
const incoming = '.incoming';

/** How often a write begins anew when a deletion next to it took its empty folder away. */
const attempts = 5;

/** An unfinished write that is older than this was left by a crash. */
const staleMs = 3_600_000;

export class LocalFileStore implements FileStore {
  readonly #root: string;
  /** The folder of unfinished writes, made and cleaned by the first write. */
  #incoming: Promise<string> | null = null;

  /** @param root The folder; it is made by the first write. */
  constructor(root: string) {
    this.#root = path.resolve(root);
  }

  async read(key: string): Promise<Uint8Array> {
    const file = await this.#find(key);
    if (file === null) throw fileNotFound(key);
    try {
      await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
      return new Uint8Array(await handle.readFile());
    } catch (error) {
      throw isMissing(error) ? fileNotFound(key) : error;
    }
  }

  async write(key: string, content: Uint8Array | string): Promise<void> {
    const folders = this.#segments(key);
    const name = folders.pop() ?? '';
    const temporary = await this.#writeTemporary(content);
    try {
      await this.#place(key, temporary, folders, name);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async exists(key: string): Promise<boolean> {
    return (await this.#find(key)) !== null;
  }

  async list(prefix: string): Promise<string[]> {
    const segments = prefix === '' ? [] : this.#segments(prefix);
    const keys: string[] = [];
    if (await this.#isFolder(segments)) await this.#collect(segments, keys);
    return keys.sort();
  }

  async delete(key: string): Promise<boolean> {
    const file = await this.#find(key);
    if (file === null) return false;
    try {
      await unlink(file);
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
    await this.#dropEmptyFolders(path.dirname(file));
    return true;
  }

  #segments(key: string): string[] {
    const segments = segmentsOf(key);
    if (segments[0] === incoming)
      throw new ConveneError('invalid_request', `No file key begins with ${incoming}.`);
    return segments;
  }

  /** The blob's path, or null where there is no such blob. */
  async #find(key: string): Promise<string | null> {
    const segments = this.#segments(key);
    if (!(await this.#isFolder(segments.slice(0, -1)))) return null;
    const file = path.join(this.#root, ...segments);
    return (await kindOf(file)) === 'file' ? file : null;
  }

  /** Whether each of these names a true folder, from the root down. */
  async #isFolder(segments: readonly string[]): Promise<boolean> {
    let folder = this.#root;
    if ((await kindOf(folder)) !== 'folder') return false;
    for (const segment of segments) {
      folder = path.join(folder, segment);
      if ((await kindOf(folder)) !== 'folder') return false;
    }
    return true;
  }

  async #writeTemporary(content: Uint8Array | string): Promise<string> {
    this.#incoming ??= prepareIncoming(path.join(this.#root, incoming));
    const folder = await this.#incoming.catch((error) => {
      this.#incoming = null;
      throw error;
    });
    const file = path.join(folder, randomBytes(12).toString('hex'));
    try {
      await using handle = await open(file, 'wx', 0o600);
      await handle.writeFile(content);
      await handle.sync();
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
    return file;
  }

  async #place(key: string, temporary: string, folders: readonly string[], name: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const folder = await this.#makeFolders(key, folders);
      try {
        await rename(temporary, path.join(folder, name));
        await syncFolder(folder);
        return;
      } catch (error) {
        if (hasCode(error, 'EISDIR', 'ENOTEMPTY', 'EEXIST')) throw fileConflict(key, error);
        if (!isMissing(error) || attempt === attempts) throw error;
      }
    }
  }

  async #makeFolders(key: string, segments: readonly string[]): Promise<string> {
    let folder = this.#root;
    for (const segment of segments) {
      const parent = folder;
      folder = path.join(folder, segment);
      const kind = await kindOf(folder);
      if (kind === 'folder') continue;
      if (kind !== 'nothing') throw fileConflict(key);
      try {
        await mkdir(folder, { mode: 0o700 });
        await syncFolder(parent);
      } catch (error) {
        // Another write made it first, or a deletion took its parent away: the caller's rename will tell.
        if (!hasCode(error, 'EEXIST', 'ENOENT')) throw error;
      }
    }
    return folder;
  }

  async #collect(segments: readonly string[], keys: string[]): Promise<void> {
    for (const entry of await entriesOf(path.join(this.#root, ...segments))) {
      if (segments.length === 0 && entry.name === incoming) continue;
      const below = [...segments, entry.name];
      if (entry.isDirectory()) await this.#collect(below, keys);
      else if (entry.isFile()) keys.push(below.join('/'));
    }
  }

  async #dropEmptyFolders(from: string): Promise<void> {
    for (let folder = from; folder !== this.#root; folder = path.dirname(folder)) {
      try {
        await rmdir(folder);
      } catch (error) {
        if (hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) return;
        throw error;
      }
    }
  }
}

async function prepareIncoming(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const entry of await readdir(folder)) {
    const file = path.join(folder, entry);
    const stats = await lstat(file).catch((error) => (isMissing(error) ? null : Promise.reject(error)));
    if (stats !== null && Date.now() - stats.mtimeMs > staleMs) await rm(file, { force: true });
  }
  return folder;
}

async function kindOf(file: string): Promise<'file' | 'folder' | 'nothing' | 'other'> {
  try {
    const stats = await lstat(file);
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (isMissing(error)) return 'nothing';
    throw error;
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Makes the names in a folder durable. */
async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, constants.O_RDONLY);
  await handle.sync();
}

function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT', 'ENOTDIR');
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
  );
}
