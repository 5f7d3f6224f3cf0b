/**
 * What version control ignores in a workspace: the rules of the `.gitignore` files from its root down to a folder, of
 * which the lowest that says something counts; and, always, folders that tools fill and people do not look into.
 */
import { join } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { errnoOf } from './errno.ts';
import { readWhole } from './file-access.ts';

const always: ReadonlySet<string> = new Set(['.git', 'node_modules', '.venv', '__pycache__']);
const maxRulesBytes = 256 * 1024;

interface FolderRules {
  /** The folder's path from the root, ending in `/`; empty for the root. */
  readonly base: string;
  readonly rules: Ignore;
}

export class IgnoreRules {
  readonly #root: string;
  readonly #folders: readonly FolderRules[];

  private constructor(root: string, folders: readonly FolderRules[]) {
    this.#root = root;
    this.#folders = folders;
  }

  /** The rules in a root folder, given by its real path. */
  static of(root: string): Promise<IgnoreRules> {
    return new IgnoreRules(root, []).#with('');
  }

  /** The rules in the folder `path` (from the root, ending in `/`), which lies in the folder that these are for. */
  in(path: string): Promise<IgnoreRules> {
    return this.#with(path);
  }

  /** Whether the entry `path` (from the root; of a folder ending in `/`) is ignored. */
  ignores(path: string): boolean {
    const name = path.split('/').findLast((part) => part !== '') ?? '';
    if (always.has(name)) return true;
    for (const { base, rules } of this.#folders.toReversed()) {
      const { ignored, unignored } = rules.test(path.slice(base.length));
      if (ignored || unignored) return ignored;
    }
    return false;
  }

  async #with(base: string): Promise<IgnoreRules> {
    const text = await rulesIn(join(this.#root, base, '.gitignore'));
    if (text === null) return this;
    return new IgnoreRules(this.#root, [...this.#folders, { base, rules: ignore().add(text) }]);
  }
}

/** Null where there are none that can be read: then nothing is ignored because of them. */
async function rulesIn(file: string): Promise<string | null> {
  try {
    return (await readWhole(file, maxRulesBytes)).toString('utf8');
  } catch (error) {
    if (errnoOf(error) === undefined && !(error instanceof Error && error.name === 'ConveneError'))
      throw error;
    return null;
  }
}
