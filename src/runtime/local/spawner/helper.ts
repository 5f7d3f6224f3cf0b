/**
 * The spawner's process. It is small, so that a fork of it costs little, and knows nothing of the server: it makes pipes,
 * starts programs and tells their ends. It lives until the server is gone or kills it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { constants } from 'node:os';
import { errnoOf } from '../errno.ts';
import type { FromSpawner, StartProgram, ToSpawner } from './messages.ts';
import { makeNamedPipes } from './named-pipes.ts';

process.title = 'convene-spawner';
// A service manager tells every process of a service to end: this one is needed until the server has ended its shells.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
// Nothing of this is worth an orderly end, and one could wait for a pipe that nobody opens any more.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (message: ToSpawner) => {
  answer(message).catch((error: unknown) => {
    const text = error instanceof Error ? error.message : String(error);
    tell({ tell: 'failed', id: message.id, code: errnoOf(error) ?? null, message: text });
  });
});

function tell(message: FromSpawner): void {
  // Where it can't be told, the server is gone, and so is this process at once.
  process.send?.(message, undefined, undefined, () => {});
}

async function answer(message: ToSpawner): Promise<void> {
  if (message.ask === 'start') return start(message);
  await makeNamedPipes(message.paths);
  tell({ tell: 'done', id: message.id });
}

/** In a session of its own. */
async function start(message: StartProgram): Promise<void> {
  const { id, program, args, directory, environment } = message;
  await using ends = await openEnds(message);
  const [control, input, output] = ends.fds;
  const child = spawn(program, args, {
    cwd: directory,
    env: environment,
    detached: true,
    stdio: [control, 'ignore', 'ignore', input, output],
  });
  if (child.pid === undefined) throw (await once(child, 'error'))[0];
  tell({ tell: 'started', id, pid: child.pid });
  child.once('exit', (code, signal) => tell({ tell: 'ended', id, exitCode: code ?? 128 + numberOf(signal) }));
}

/** Waits until each has its other end; not on the event loop, should there be none. */
async function openEnds({ control, input, output }: StartProgram) {
  const opened = await Promise.allSettled([open(control, 'r'), open(input, 'r'), open(output, 'w')]);
  const handles = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const close = async (): Promise<void> => {
    await Promise.all(handles.map((handle) => handle.close()));
  };
  const [first, second, third] = handles;
  if (first !== undefined && second !== undefined && third !== undefined)
    return { fds: [first.fd, second.fd, third.fd] as const, [Symbol.asyncDispose]: close };
  await close();
  throw opened.find((one) => one.status === 'rejected')?.reason;
}

function numberOf(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : constants.signals[signal];
}
