/** `HeldWorkspaces` as files beside the workspaces, so that whoever removes those removes these too. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HeldWorkspaces } from '../held-workspaces.ts';
import { nullOn } from './errno.ts';

export class LocalHeldWorkspaces implements HeldWorkspaces {
  readonly #folder: string;

  /** @param workspaces the folder of all workspaces. No `sid` begins with a dot. */
  constructor(workspaces: string) {
    this.#folder = join(workspaces, '.held');
  }

  async epochOf(sid: string): Promise<number | null> {
    const text = await readFile(this.#file(sid), 'utf8').catch(nullOn('ENOENT'));
    return text === null ? null : Number(text);
  }

  /** Atomic: one `sid` has one loop on a node at a time. */
  async hold(sid: string, epoch: number): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const fresh = `${this.#file(sid)}.new`;
    await writeFile(fresh, String(epoch));
    await rename(fresh, this.#file(sid));
  }

  async remove(sid: string): Promise<void> {
    await rm(this.#file(sid), { force: true });
  }

  #file(sid: string): string {
    return join(this.#folder, sid);
  }
}
