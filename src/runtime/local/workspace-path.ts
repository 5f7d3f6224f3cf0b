/**
 * Paths in a workspace. Whatever a path says, what it leads to lies within the workspace, or it is refused:
 * `..`, absolute paths elsewhere, symbolic links that lead out or nowhere, at the end or on the way.
 *
 * `/workspace/…` is another name of the workspace, which agents and clients of OpenHands use.
 */
import { lstat, mkdir, realpath } from 'node:fs/promises';
import { isAbsolute, join, normalize, relative, sep } from 'node:path';
import { ConveneError } from '../../errors.ts';
import { nullOn } from './errno.ts';

const alias = '/workspace';

export class WorkspacePaths {
  readonly #workspace: string;

  /** @param workspace absolute; made when the first path is resolved */
  constructor(workspace: string) {
    this.#workspace = workspace;
  }

  /**
   * The real path that `path` leads to; its last components need not exist. Follows links that stay within.
   *
   * @throws `path_outside_workspace`
   */
  async resolve(path: string): Promise<string> {
    if (path.includes('\0')) throw outside(path);
    await mkdir(this.#workspace, { recursive: true });
    const root = await realpath(this.#workspace);
    let current = root;
    for (const component of this.#relative(path, root).split(sep)) {
      if (component === '' || component === '.') continue;
      current = await step(join(current, component), root, path);
    }
    return current;
  }

  /** `path` as seen from the workspace, without `..`. */
  #relative(path: string, root: string): string {
    const inside = isAbsolute(path) ? this.#withoutRoot(normalize(path), root) : normalize(path);
    if (inside === null || inside === '..' || inside.startsWith(`..${sep}`)) throw outside(path);
    return inside;
  }

  #withoutRoot(path: string, root: string): string | null {
    for (const start of [this.#workspace, root, alias])
      if (isWithin(path, start)) return relative(start, path);
    return null;
  }
}

async function step(next: string, root: string, path: string): Promise<string> {
  // Not there, or below something that is no folder: whoever opens it will say so.
  const status = await lstat(next).catch(nullOn('ENOENT', 'ENOTDIR'));
  if (!status?.isSymbolicLink()) return next;
  const target = await realpath(next).catch(nullOn('ENOENT', 'ENOTDIR', 'ELOOP'));
  if (target === null || !isWithin(target, root)) throw outside(path);
  return target;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function outside(path: string): ConveneError {
  return new ConveneError(
    'path_outside_workspace',
    `The path ${JSON.stringify(path)} leads out of the workspace.`,
    {
      details: { path },
    },
  );
}
