/** The data folder and the disk under it. Nothing is left there but what was there. */
import { open, rm, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { isError } from '../../errors.ts';
import { lockDataDir, lockFile } from '../../store/data-lock.ts';
import { broken, type Check, ok, reasonOf, warning } from './check.ts';

const MB = 1024 * 1024;
const LEAST_BYTES = 100 * MB;
const SCARCE_BYTES = 1024 * MB;
/** Every commit waits for the disk: slower ones are felt. */
const SLOW_MS = 25;
const TRIES = 5;

export async function checkDisk(dataDir: string): Promise<Check[]> {
  const folder = await nearest(dataDir);
  const { bavail, bsize } = await statfs(folder);
  return [await checkFolder(dataDir, folder), checkSpace(bavail * bsize)];
}

/** The folder, or, where it is yet to be made, the one that it would be made in. */
async function nearest(dir: string): Promise<string> {
  for (let folder = path.resolve(dir); ; folder = path.dirname(folder)) {
    if ((await kindOf(folder)) !== 'nothing' || folder === path.dirname(folder)) return folder;
  }
}

async function kindOf(file: string): Promise<'folder' | 'other' | 'nothing'> {
  try {
    return (await stat(file)).isDirectory() ? 'folder' : 'other';
  } catch {
    return 'nothing'; // or in a place that can't be looked into: writing there fails and says so
  }
}

async function checkFolder(dataDir: string, folder: string): Promise<Check> {
  const name = 'data folder';
  if ((await kindOf(folder)) === 'other') {
    return broken(name, `${folder} is no folder`, 'Choose another one with --data-dir.');
  }
  try {
    const ms = await syncTime(folder);
    const is = folder === path.resolve(dataDir) ? 'can be written' : 'will be made';
    const found = `${dataDir} ${is}; its disk takes ${ms.toFixed(1)} ms to keep a write`;
    if (ms <= SLOW_MS) return ok(name, found);
    return warning(name, found, 'Each commit waits for this: a local SSD answers sooner.');
  } catch (error) {
    const mend = `Make ${folder} writable for this user, or choose another folder with --data-dir.`;
    return broken(name, `can’t be written: ${reasonOf(error)}`, mend);
  }
}

/** The median, in ms. */
async function syncTime(folder: string): Promise<number> {
  const file = path.join(folder, `.convene-doctor-${process.pid}`);
  try {
    await using handle = await open(file, 'wx', 0o600);
    const times: number[] = [];
    for (let n = 0; n < TRIES; n += 1) {
      const began = performance.now();
      await handle.write(Buffer.alloc(4096, n));
      await handle.datasync();
      times.push(performance.now() - began);
    }
    return times.toSorted((one, other) => one - other)[Math.floor(TRIES / 2)] ?? 0;
  } finally {
    await rm(file, { force: true });
  }
}

function checkSpace(free: number): Check {
  const found = `${(free / MB / 1024).toFixed(1)} GB free`;
  if (free < LEAST_BYTES) return broken('disk space', found, 'Free some: a full disk refuses every message.');
  if (free < SCARCE_BYTES) return warning('disk space', found, 'Free some before the disk is full.');
  return ok('disk space', found);
}

/** Whether a server uses the folder: `pid` names it where it is known. */
export async function checkLock(dataDir: string): Promise<{ check: Check; isHeld: boolean }> {
  const name = 'lock';
  if ((await kindOf(path.join(dataDir, lockFile))) === 'nothing') {
    return { check: ok(name, 'no server uses the data folder'), isHeld: false };
  }
  try {
    (await lockDataDir(dataDir))[Symbol.dispose]();
    return { check: ok(name, 'no server uses the data folder'), isHeld: false };
  } catch (error) {
    if (isError(error, 'already_running')) {
      const { pid } = error.details;
      const who = typeof pid === 'number' ? `the server with process id ${pid}` : 'a server';
      return { check: ok(name, `${who} uses the data folder`), isHeld: true };
    }
    const mend = `Make ${path.join(dataDir, lockFile)} writable for this user.`;
    return { check: broken(name, reasonOf(error), mend), isHeld: false };
  }
}
