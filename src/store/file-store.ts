/**
 * The port `FileStore`: blobs under keys such as `conversations/abc/upload.png`. A write is atomic and durable when
 * it is answered: a reader sees the old blob or the new one, whatever crashes. Every adapter passes the suite in
 * `test/conformance/file-store.ts`.
 *
 * A key is a path of segments between `/`. It has no empty segment, no `.`, no `..`, no backslash, no NUL, no lone
 * surrogate, at most 255 bytes in a segment and 1,024 in all, and it names a blob or leads to some, never both.
 * What is no key is refused as `invalid_request`.
 */
import { ConveneError } from '../errors.ts';

export interface FileStore {
  /** Throws `file_not_found`. */
  read(key: string): Promise<Uint8Array>;
  /** Text is written as UTF-8. */
  write(key: string, content: Uint8Array | string): Promise<void>;
  exists(key: string): Promise<boolean>;
  /** Every key below the folder `prefix`, at any depth, sorted by code unit; `''` lists all. */
  list(prefix: string): Promise<string[]>;
  /** Answers whether there was such a blob. */
  delete(key: string): Promise<boolean>;
}

const longestKey = 1024;
const longestSegment = 255;

/** The segments of a key. Throws `invalid_request`. */
export function segmentsOf(key: string): string[] {
  const segments = key.split('/');
  if (!key.isWellFormed() || Buffer.byteLength(key) > longestKey || !segments.every(isSegment)) {
    throw new ConveneError('invalid_request', 'This is not a valid file key.');
  }
  return segments;
}

export function fileNotFound(key: string): ConveneError {
  return new ConveneError('file_not_found', undefined, { details: { key } });
}

/** A key that is a folder of others, or below one that is a blob. */
export function fileConflict(key: string, cause?: unknown): ConveneError {
  const message = 'A file key cannot be a file and a folder at once.';
  return new ConveneError('invalid_request', message, { details: { key }, cause });
}

function isSegment(segment: string): boolean {
  if (segment === '' || segment === '.' || segment === '..') return false;
  return !segment.includes('\\') && !segment.includes('\0') && Buffer.byteLength(segment) <= longestSegment;
}
