/**
 * The files of a workspace for people and routes: the same confinement as for agents, failures as errors.
 */
import { constants } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import type { Clock } from '../../clock.ts';
import { ConveneError } from '../../errors.ts';
import type { FileContent, Workspace, WorkspaceFile } from '../workspace.ts';
import { nullOn } from './errno.ts';
import { isBinary, readWhole, writeWhole } from './file-access.ts';
import { onFile } from './file-failure.ts';
import { IgnoreRules } from './ignore-rules.ts';
import { WorkspacePaths } from './workspace-path.ts';

const defaultMaxFileBytes = 10 * 1024 * 1024;

export interface WorkspaceFilesOptions {
  readonly clock: Clock;
  /** Absolute path. */
  readonly workspace: string;
  /** Longest file that is read whole. @default 10 MiB */
  readonly maxFileBytes?: number;
}

export class WorkspaceFiles implements Workspace {
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

  list(path = '.'): Promise<string[]> {
    return onFile(path, async () => {
      const root = await this.#paths.resolve('.');
      const folder = await this.#paths.resolve(path);
      const base = relative(root, folder);
      const rules = await rulesDownTo(root, base);
      const entries = await readdir(folder, { withFileTypes: true });
      const names = entries.map(async (entry) => {
        const isFolder = entry.isSymbolicLink()
          ? await this.#leadsToFolder(join(folder, entry.name))
          : entry.isDirectory();
        return isFolder ? `${entry.name}/` : entry.name;
      });
      const prefix = base === '' ? '' : `${base}/`;
      return (await Promise.all(names)).filter((name) => !rules.ignores(prefix + name)).sort();
    });
  }

  async readText(path: string): Promise<string> {
    const bytes = await this.readBytes(path);
    if (isBinary(bytes))
      throw new ConveneError('invalid_request', `This is a binary file: ${path}`, { details: { path } });
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  }

  readBytes(path: string): Promise<Uint8Array> {
    return onFile(path, async () => readWhole(await this.#paths.resolve(path), this.#maxFileBytes));
  }

  write(path: string, content: FileContent): Promise<void> {
    return onFile(path, async () => writeWhole(await this.#paths.resolve(path), content, this.#clock));
  }

  async *files(): AsyncGenerator<WorkspaceFile> {
    const root = await this.#paths.resolve('.');
    yield* filesIn(root, '', await IgnoreRules.of(root));
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

/** The rules in a folder, given by its path from the root. */
async function rulesDownTo(root: string, folder: string): Promise<IgnoreRules> {
  let rules = await IgnoreRules.of(root);
  let base = '';
  for (const name of folder.split('/').filter((part) => part !== '')) {
    base += `${name}/`;
    rules = await rules.in(base);
  }
  return rules;
}

/** Depth first; a folder's entries are in memory while it is walked. What vanishes meanwhile is left out. */
async function* filesIn(root: string, base: string, rules: IgnoreRules): AsyncGenerator<WorkspaceFile> {
  const entries = await readdir(join(root, base), { withFileTypes: true }).catch(nullOn('ENOENT'));
  for (const entry of (entries ?? []).sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = base + entry.name;
    if (entry.isDirectory()) {
      const folder = `${path}/`;
      if (!rules.ignores(folder)) yield* filesIn(root, folder, await rules.in(folder));
    } else if (entry.isFile() && !rules.ignores(path)) {
      const real = join(root, path);
      const stats = await stat(real).catch(nullOn('ENOENT'));
      if (stats === null) continue;
      yield { path, mode: stats.mode, modifiedAt: stats.mtime, open: () => openToRead(real) };
    }
  }
}

async function openToRead(path: string): Promise<Readable> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  return file.createReadStream();
}
