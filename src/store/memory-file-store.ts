/** `FileStore` in memory: for tests and servers that may forget. */
import { type FileStore, fileConflict, fileNotFound, segmentsOf } from './file-store.ts';

export class MemoryFileStore implements FileStore {
  readonly #blobs = new Map<string, Uint8Array>();

  async read(key: string): Promise<Uint8Array> {
    segmentsOf(key);
    const blob = this.#blobs.get(key);
    if (blob === undefined) throw fileNotFound(key);
    return Uint8Array.from(blob);
  }

  async write(key: string, content: Uint8Array | string): Promise<void> {
    const segments = segmentsOf(key);
    const folders = segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'));
    if (folders.some((folder) => this.#blobs.has(folder)) || this.#below(key).length > 0)
      throw fileConflict(key);
    this.#blobs.set(key, Uint8Array.from(typeof content === 'string' ? Buffer.from(content) : content));
  }

  async exists(key: string): Promise<boolean> {
    segmentsOf(key);
    return this.#blobs.has(key);
  }

  async list(prefix: string): Promise<string[]> {
    if (prefix !== '') segmentsOf(prefix);
    return (prefix === '' ? [...this.#blobs.keys()] : this.#below(prefix)).sort();
  }

  async delete(key: string): Promise<boolean> {
    segmentsOf(key);
    return this.#blobs.delete(key);
  }

  #below(folder: string): string[] {
    return [...this.#blobs.keys()].filter((key) => key.startsWith(`${folder}/`));
  }
}
