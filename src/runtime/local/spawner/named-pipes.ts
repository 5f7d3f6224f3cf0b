/**
 * Named pipes. Only a program can make them; so there is one at a time, and it makes all that was asked for while the last
 * one was at work.
 */
import { spawn } from 'node:child_process';
import { lstat } from 'node:fs/promises';
import { Coalesced } from '../../../cluster/coalesced.ts';

interface Asked {
  readonly paths: readonly string[];
  readonly made: PromiseWithResolvers<void>;
}

/** So many fit on a command line, with paths of any length. */
const MOST = 200;
const withinMs = 10_000;

const asked: Asked[] = [];
const making = new Coalesced(makeAsked);

/** Makes them, for this user only. Rejects where one can't be made. */
export async function makeNamedPipes(paths: readonly string[]): Promise<void> {
  const made = Promise.withResolvers<void>();
  asked.push({ paths, made });
  await Promise.all([making.run(), made.promise]);
}

async function makeAsked(): Promise<void> {
  while (asked.length > 0) {
    const some = asked.splice(0, MOST);
    const failure = await mkfifo(some.flatMap(({ paths }) => paths));
    await Promise.all(some.map((one) => tell(one, failure)));
  }
}

/** Where one path of many was the reason, the others are made all the same. */
async function tell({ made, paths }: Asked, failure: Error | null): Promise<void> {
  const isMade = failure === null || (await Promise.all(paths.map(isPipe))).every(Boolean);
  if (isMade) return made.resolve();
  made.reject(failure);
}

async function isPipe(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isFIFO();
  } catch {
    return false; // nothing is there
  }
}

/** Answers with what went wrong. */
function mkfifo(paths: readonly string[]): Promise<Error | null> {
  return new Promise((resolve) => {
    const child = spawn('mkfifo', ['-m', '600', '--', ...paths], { stdio: 'ignore', timeout: withinMs });
    child.once('error', resolve);
    child.once('exit', (code, signal) =>
      resolve(code === 0 ? null : new Error(`mkfifo ended: ${signal ?? code}`)),
    );
  });
}
