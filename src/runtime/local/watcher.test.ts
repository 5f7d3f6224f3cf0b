/** What is left of a server's commands when the server is gone: nothing, however it went. */
import { type ChildProcess, spawn } from 'node:child_process';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  childrenNamed,
  descriptors,
  eventually,
  execute,
  lives,
  openFixture,
  processesWith,
} from './fixture.ts';
import { readProcess, readProcesses } from './process-table.ts';

const localRuntime = join(import.meta.dirname, 'local-runtime.ts');

let folder: string;
let mark: string;
let server: ChildProcess | null = null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convene-test-'));
  mark = `MARK=${Math.random()}`;
});

afterEach(async () => {
  server?.kill('SIGKILL');
  await eventually(async () => (await processesWith(mark)).length === 0);
  await rm(folder, { recursive: true, force: true });
});

/** A server that runs `commands` for an agent and for its user, prints the pids of its watcher and its spawner and goes on with `then`. */
function serverSource(commands: readonly string[], then: string): string {
  return `
    import { readFileSync } from 'node:fs';
    const { LocalRuntimeProvider } = await import(${JSON.stringify(localRuntime)});
    const provider = new LocalRuntimeProvider({ folder: ${JSON.stringify(folder)} });
    const runtime = await provider.open('conversation');
    const { signal } = new AbortController();
    for (const source of ['agent', 'user']) for (const command of ${JSON.stringify([`export ${mark}`, ...commands])}) {
      await runtime.execute({ action: 'run', args: { command, is_input: false, hidden: false }, timeout: 0.2 }, { source, signal });
    }
    const children = readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim().split(' ');
    const named = (name) => children.find((pid) => readFileSync('/proc/' + pid + '/cmdline', 'utf8').includes(name));
    process.stdout.write(named('convene-watcher') + ' ' + named('convene-spawner') + '\\n');
    ${then}
  `;
}

/** Starts one in a process of its own. */
async function startServer(
  commands: readonly string[],
  then: string,
): Promise<{ child: ChildProcess; helpers: readonly number[] }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', serverSource(commands, then)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  server = child;
  const helpers = await new Promise<number[]>((resolve, reject) => {
    child.stdout.once('data', (data: Buffer) => resolve(`${data}`.split(' ').map(Number)));
    child.once('exit', () => reject(new Error('The server ended too early.')));
  });
  return { child, helpers };
}

const everyKind = [
  'sleep 1000 & true',
  'nohup sleep 1000 >/dev/null 2>&1 & true',
  'setsid sleep 1000 & true',
  '( setsid sh -c "trap : HUP INT TERM; sleep 1000; sleep 1000" & ) & true',
  '(while :; do :; done) & true',
  'env -i sleep 1000 & true',
  'sleep 1000',
];
const forever = 'setInterval(() => {}, 1000);';

describe('the processes of a server', () => {
  it('die with it by kill -9 within a second, whatever they are', async () => {
    const { child, helpers } = await startServer(everyKind, forever);
    const session = (await processesWith(mark)).map((pid) => readProcess(pid)?.session ?? 0);
    expect(new Set(session).size).toBeGreaterThan(2);
    expect(session.length).toBeGreaterThan(10);
    const bare = (await readProcesses(0)).filter((entry) => entry.alive && session.includes(entry.session));
    const from = performance.now();
    child.kill('SIGKILL');
    await eventually(async () => (await processesWith(mark)).length === 0);
    for (const { pid } of bare) await eventually(async () => !(await lives(pid)));
    expect(performance.now() - from).toBeLessThan(1000);
    for (const helper of helpers) await eventually(async () => !(await lives(helper)));
  });

  it('die with it when it exits without a word', async () => {
    const { helpers } = await startServer(everyKind, 'process.exit(0);');
    await eventually(async () => (await processesWith(mark)).length === 0, 1000);
    for (const helper of helpers) await eventually(async () => !(await lives(helper)));
  });

  it('are gone, and so are the watcher and the spawner, when it disposes of its runtimes', async () => {
    const { child, helpers } = await startServer(everyKind, 'await provider[Symbol.asyncDispose]();');
    await eventually(() => child.exitCode !== null);
    expect(child.exitCode).toBe(0);
    expect(await processesWith(mark)).toEqual([]);
    expect(await Promise.all(helpers.map(lives))).toEqual([false, false]);
  });
});

describe('the commands of a server in the shell of another server', () => {
  it('are ended by an interruption out there', async () => {
    await using own = await openFixture();
    const source = serverSource(['setsid sleep 1000 & true', 'sleep 1000'], forever);
    await own.provider.files('conversation').write('server.mjs', source);
    const abort = new AbortController();
    const answer = execute(own.runtime, `TMPDIR=$PWD ${process.execPath} server.mjs`, {
      signal: abort.signal,
    });
    await eventually(async () => (await processesWith(mark)).length > 1);
    abort.abort();
    await answer;
    expect(await processesWith(mark)).toEqual([]);
  });
});

describe('the watcher', () => {
  it('is one for all shells, in a session of its own, out of reach of Ctrl-C and of polite signals', async () => {
    await using own = await openFixture();
    const other = await own.provider.open('other');
    await own.run('true');
    await execute(other, 'true');
    const watchers = await childrenNamed('convene-watcher');
    expect(watchers).toHaveLength(1);
    const [watcher = 0] = watchers;
    expect(readProcess(watcher)?.session).toBe(watcher);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.kill(watcher, signal);
    await own.run('true');
    expect(await lives(watcher)).toBe(true);
  });

  it('is there again when somebody has killed it', async () => {
    await using own = await openFixture();
    await own.run('true');
    const [watcher = 0] = await childrenNamed('convene-watcher');
    process.kill(watcher, 'SIGKILL');
    await eventually(async () => {
      await own.run('true');
      const [other = watcher] = await childrenNamed('convene-watcher');
      return other !== watcher;
    });
    expect(await childrenNamed('convene-watcher')).toHaveLength(1);
  });

  it("holds the only reading end of the server's pipe, and no command the writing one", async () => {
    await using own = await openFixture();
    const bash = Number((await own.run('echo $$')).content);
    const [watcher = 0] = await childrenNamed('convene-watcher');
    // A pipe of Node is a pair of sockets: everybody who holds one of them shows its number.
    const sockets = (pid: number): string[] =>
      descriptors(pid).filter((target) => target.startsWith('socket:'));
    expect(sockets(watcher)).toHaveLength(1);
    await own.run('sleep 1000', { timeout: 0.05 });
    const child = (await own.run('', { input: true, timeout: 0.01 })).extras.metadata.pid;
    expect(sockets(child)).toEqual([]);
    const ofServer = sockets(process.pid);
    expect(sockets(bash).filter((socket) => ofServer.includes(socket))).toEqual([]);
  });

  it("removes the shells' private folder", async () => {
    await using own = await openFixture();
    const input = (await own.run('readlink /proc/self/fd/0')).content;
    await own.provider[Symbol.asyncDispose]();
    await expect(access(dirname(dirname(input)))).rejects.toThrow('ENOENT');
  });
});
