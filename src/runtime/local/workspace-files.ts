/**
 * The files of a workspace for people and routes: the same confinement as for agents, failures as errors.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { ConveneError } from '../../errors.ts';
import { isBinary, readWhole, writeWhole } from './file-access.ts';
import { onFile } from './file-failure.ts';
import { WorkspacePaths } from './workspace-path.ts';

/** Folders that tools fill and people do not look into. */
const ignored: ReadonlySet<string> = new Set(['.git', 'node_modules', '.venv', '__pycache__']);

const defaultMaxFileBytes = 10 * 1024 * 1024;

export interface WorkspaceFilesOptions {
  readonly clock: Clock;
  /** Absolute path. */
  readonly workspace: string;
  /** Longest text that is read. @default 10 MiB */
  readonly maxFileBytes?: number;
}

export class WorkspaceFiles {
  readonly #paths: WorkspacePaths;
  readonly #clock: Clock;
  readonly #maxFileBytes: number;

  constructor(options: WorkspaceFilesOptions) {
    this.#paths = new WorkspacePaths(options.workspace);
    this.#clock = options.clock;
    this.#maxFileBytes = options.maxFileBytes ?? defaultMaxFileBytes;
  }

  /**
   * The real path behind `path`, for those who stream files themselves.
   *
   * @throws `path_outside_workspace`
   */
  resolve(path: string): Promise<string> {
    return onFile(path, () => this.#paths.resolve(path));
  }

  /**
   * The names in a folder, sorted; those of folders end in `/`. Without version control, caches and dependencies.
   *
   * @throws `file_not_found`, `path_outside_workspace`, `invalid_request` where it is no folder
   */
  list(path = '.'): Promise<string[]> {
    return onFile(path, async () => {
      const folder = await this.#paths.resolve(path);
      const entries = (await readdir(folder, { withFileTypes: true })).filter(
        ({ name }) => !ignored.has(name),
      );
      const names = entries.map(async (entry) => {
        const isFolder = entry.isSymbolicLink()
          ? await this.#leadsToFolder(join(folder, entry.name))
          : entry.isDirectory();
        return isFolder ? `${entry.name}/` : entry.name;
      });
      return (await Promise.all(names)).sort();
    });
  }

  /**
   * @throws `file_not_found`, `path_outside_workspace`, `payload_too_large`, `invalid_request` where it is no text
   */
  readText(path: string): Promise<string> {
    return onFile(path, async () => {
      const bytes = await readWhole(await this.#paths.resolve(path), this.#maxFileBytes);
      if (isBinary(bytes))
        throw new ConveneError('invalid_request', `This is a binary file: ${path}`, { details: { path } });
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    });
  }

  /**
   * Makes or replaces a file, and makes the folders above it. Atomic.
   *
   * @throws `path_outside_workspace`, `invalid_request` where it is no file
   */
  write(path: string, content: string | Uint8Array): Promise<void> {
    return onFile(path, async () => writeWhole(await this.#paths.resolve(path), content, this.#clock));
  }

  async #leadsToFolder(link: string): Promise<boolean> {
    try {
      return (await stat(await this.#paths.resolve(link))).isDirectory();
    } catch {
      // It leads out or nowhere: a name like any other.
      return false;
    }
  }
}
