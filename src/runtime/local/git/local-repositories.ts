/**
 * Clones repositories into workspaces of this machine, with its git.
 *
 *   absent ──clone──▶ cloning (beside the workspaces) ──moved in one step──▶ there, and kept from then on
 *      ▲                     │
 *      └──failure, abort, crash: what was there is removed before the next attempt
 */
import { lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../clock.ts';
import {
  type ClonedRepository,
  CloneError,
  type CloneOptions,
  type Repositories,
  type RepositorySelection,
} from '../../repositories.ts';
import type { Environment } from '../environment.ts';
import { nullOn } from '../errno.ts';
import type { Watcher } from '../watcher.ts';
import { cloneFailure } from './clone-failure.ts';
import { gitClone } from './git-clone.ts';
import { gitEnvironment, tokenFor } from './git-environment.ts';
import { checkBranch, repositorySource, type SourceRules } from './repository-source.ts';

export interface LocalRepositoriesOptions extends SourceRules {
  /** How long a clone may take, in ms. */
  readonly cloneTimeoutMs: number;
}

/** What the runtimes of this machine share. */
export interface LocalSurroundings {
  /** The folder of all workspaces. */
  readonly folder: string;
  readonly clock: Clock;
  readonly watcher: Watcher;
  readonly environment: Readonly<Record<string, string>>;
  readonly server: Environment;
}

export class LocalRepositories implements Repositories {
  readonly #options: LocalRepositoriesOptions & LocalSurroundings;
  /** By conversation: the clone that was begun last. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(options: LocalRepositoriesOptions & LocalSurroundings) {
    this.#options = options;
  }

  check({ branch, repository }: RepositorySelection): void {
    repositorySource(repository, this.#options);
    if (branch !== null) checkBranch(branch);
  }

  async clone(sid: string, selection: RepositorySelection, options: CloneOptions): Promise<ClonedRepository> {
    const before = this.#last.get(sid);
    const clone = (async () => {
      // Whoever began it has aborted it: it ends as soon as its processes have.
      await before?.catch(() => {});
      return this.#clone(sid, selection, options);
    })();
    this.#last.set(sid, clone);
    try {
      return await clone;
    } catch (error) {
      if (error instanceof CloneError) throw withoutSecret(error, options.token);
      throw error;
    } finally {
      if (this.#last.get(sid) === clone) this.#last.delete(sid);
    }
  }

  async remove(sid: string): Promise<void> {
    await this.#last.get(sid)?.catch(() => {}); // told to whoever began it
    await rm(this.#placeBeside(sid), { recursive: true, force: true, maxRetries: 3 });
  }

  async #clone(
    sid: string,
    selection: RepositorySelection,
    options: CloneOptions,
  ): Promise<ClonedRepository> {
    const { clock, folder: workspaces } = this.#options;
    const { branch, repository } = selection;
    const source = repositorySource(repository, this.#options);
    if (branch !== null) checkBranch(branch);
    const { folder } = source;
    const workspace = join(workspaces, sid);
    const target = join(workspace, folder);
    if (await isThere(target, folder)) return { folder, branch: await branchOf(target), kept: true };

    const beside = this.#placeBeside(sid);
    await rm(beside, { recursive: true, force: true, maxRetries: 3 });
    await mkdir(beside, { recursive: true });
    try {
      const directory = join(beside, clock.id());
      const token = tokenFor(source, this.#options.githubUrl, options.token);
      const environment = gitEnvironment({ ...this.#options, source, token, tag: this.#options.watcher.tag });
      const { ok, output } = await gitClone({
        ...this.#options,
        ...options,
        address: source.address,
        branch,
        directory,
        parent: beside,
        environment,
        timeoutMs: this.#options.cloneTimeoutMs,
      });
      if (!ok) throw cloneFailure({ ...selection, output, hadToken: token !== null });
      options.signal.throwIfAborted();
      await mkdir(workspace, { recursive: true });
      options.signal.throwIfAborted();
      await rename(directory, target);
      return { folder, branch: await branchOf(target), kept: false };
    } finally {
      await rm(beside, { recursive: true, force: true, maxRetries: 3 });
    }
  }

  /** Beside the workspaces, on the same disk; no `sid` begins with a dot. */
  #placeBeside(sid: string): string {
    return join(this.#options.folder, '.cloning', sid);
  }
}

/** Whether a clone is there. An empty folder counts as nothing. Throws `CloneError` where something else is there. */
async function isThere(target: string, folder: string): Promise<boolean> {
  const found = await lstat(target).catch(nullOn('ENOENT'));
  if (found === null) return false;
  if (found.isDirectory()) {
    const names = await readdir(target);
    if (names.length === 0) return false;
    if (names.includes('.git')) return true;
  }
  throw new CloneError('folder taken', `The workspace already has something else by the name ${folder}.`);
}

/** What is checked out; null where that is no branch. */
async function branchOf(clone: string): Promise<string | null> {
  const head = await readFile(join(clone, '.git', 'HEAD'), 'utf8').catch(nullOn('ENOENT', 'ENOTDIR'));
  return /^ref: refs\/heads\/(.+)$/m.exec(head ?? '')?.[1] ?? null;
}

function withoutSecret(error: CloneError, token: string | null): CloneError {
  if (token === null || token === '' || !error.message.includes(token)) return error;
  return new CloneError(error.reason, error.message.replaceAll(token, '[redacted]'));
}
