/**
 * The port `Workspace`: the files of a conversation, for people and routes. It needs no loop and starts none. Whatever a
 * path says, what it leads to lies within the workspace, or it is refused.
 */
import type { Readable } from 'node:stream';

export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface WorkspaceFile {
  /** Relative to the workspace, with `/`. */
  readonly path: string;
  /** Permissions, as of `stat`. */
  readonly mode: number;
  readonly modifiedAt: Date;
  /** Throws where the file is gone by now. */
  open(): Promise<Readable>;
}

export interface Workspace {
  /**
   * The names in a folder, sorted; those of folders end in `/`. What version control ignores is left out.
   * Throws `file_not_found`, `path_outside_workspace`, `invalid_request` where it is no folder.
   */
  list(path?: string): Promise<string[]>;
  /** Throws `file_not_found`, `path_outside_workspace`, `payload_too_large`, `invalid_request` where it is no text. */
  readText(path: string): Promise<string>;
  /** A file of any kind, whole. Throws the same, but for what is no text. */
  readBytes(path: string): Promise<Uint8Array>;
  /**
   * Makes or replaces a file, and makes the folders above it. Atomic: what `content` throws leaves everything as it was.
   * Throws `path_outside_workspace`, `invalid_request` where it is no file.
   */
  write(path: string, content: FileContent): Promise<void>;
  /** Every regular file but those that version control ignores, folder by folder. Links are left out. */
  files(): AsyncIterable<WorkspaceFile>;
}
