/** The process that starts the shells: what it promises to the server, and what is left when it or the server goes. */
import { lstat, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../clock.ts';
import { isError } from '../../../errors.ts';
import { childrenNamed, descriptors, eventually, lives, openFixture } from '../fixture.ts';
import { readProcess } from '../process-table.ts';
import { Watcher } from '../watcher.ts';
import { Spawner, type StartedProgram } from './spawner.ts';

const path = process.env['PATH'] ?? '';

describe('the spawner', () => {
  let folder: string;
  let watcher: Watcher;
  let spawner: Spawner;
  const pipes = () => ({
    control: join(folder, 'control'),
    input: join(folder, 'input'),
    output: join(folder, 'output'),
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'convene-test-'));
    watcher = new Watcher(systemClock, path);
    spawner = new Spawner({ clock: systemClock, watcher, environment: { PATH: path } });
  });
  afterEach(async () => {
    await spawner[Symbol.asyncDispose]();
    await watcher[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** Starts a script in a shell that reads from nowhere. */
  async function start(script: string, program = 'sh'): Promise<StartedProgram> {
    const paths = pipes();
    await spawner.makePipes(Object.values(paths));
    const handles = await Promise.all(Object.values(paths).map((one) => open(one, 'r+')));
    try {
      const environment = { PATH: path, WORD: 'given' };
      return await spawner.start({ program, args: ['-c', script], directory: folder, environment, ...paths });
    } finally {
      await Promise.all(handles.map((handle) => handle.close()));
      await Promise.all(Object.values(paths).map((one) => rm(one)));
    }
  }

  it('makes pipes for this user only', async () => {
    const { control } = pipes();
    await spawner.makePipes([control]);
    const found = await lstat(control);
    expect([found.isFIFO(), found.mode & 0o777]).toEqual([true, 0o600]);
    await expect(spawner.makePipes([join(folder, 'nowhere', 'pipe')])).rejects.toMatchObject({
      code: 'runtime_unavailable',
    });
  });

  it('starts a program in a session of its own and tells its exit code', async () => {
    const { pid, ended } = await start(
      `[ "$PWD" = '${folder}' ] && [ "$WORD" = given ] && exec sleep 0.2; exit 9`,
    );
    expect(readProcess(pid)?.session).toBe(pid);
    expect(await ended).toBe(0);
    expect(await (await start('exit 7')).ended).toBe(7);
  });

  it('tells the signal that ended a program', async () => {
    const { pid, ended } = await start('exec sleep 1000');
    process.kill(pid, 'SIGTERM');
    expect(await ended).toBe(143);
  });

  it('says what a program needs that is not there', async () => {
    await expect(start('', 'no-such-shell')).rejects.toSatisfy(
      (error) => isError(error, 'runtime_unavailable') && error.message.includes('install it'),
    );
    expect(await (await start('exit 3')).ended).toBe(3);
  });

  it('gives its programs nothing of what it is told by', async () => {
    const { pid } = await start('exec sleep 1000');
    // What this process was given itself, its programs have too: that is the test runner's.
    const known = descriptors(process.pid);
    // Files of the program that it is about to become are open for a moment, too.
    const ways = descriptors(pid).filter((target) => /^(socket|pipe|anon_inode):/.test(target));
    const more = ways.filter((target) => !known.includes(target));
    expect(more).toEqual([]);
    process.kill(pid, 'SIGKILL');
  });

  it('is one process for all that is asked at the same time', async () => {
    const paths = Array.from({ length: 20 }, (_, place) => join(folder, `${place}`));
    await Promise.all(paths.map((one) => spawner.makePipes([one])));
    expect(await spawners()).toHaveLength(1);
  });

  it('that is killed takes its programs with it, and another takes its place', async () => {
    const { pid, ended } = await start('exec sleep 1000');
    const [before = 0] = await spawners();
    process.kill(before, 'SIGKILL');
    expect(await ended).toBe(137);
    await eventually(async () => !(await lives(pid)));
    expect(await (await start('exit 3')).ended).toBe(3);
    const [after = 0] = await spawners();
    expect([await lives(after), after === before]).toEqual([true, false]);
  });

  it('that is killed answers those who wait for it', async () => {
    const { control, input, output } = pipes();
    await spawner.makePipes([control, input, output]);
    // Nobody opens the other ends.
    const asked = spawner.start({
      ...{ program: 'sh', args: [], directory: folder, environment: {} },
      ...{ control, input, output },
    });
    const [pid = 0] = await spawners();
    process.kill(pid, 'SIGKILL');
    await expect(asked).rejects.toMatchObject({ code: 'runtime_unavailable' });
  });

  it('is out of reach of Ctrl-C and of polite signals', async () => {
    await spawner.makePipes([pipes().control]);
    const [pid = 0] = await spawners();
    expect(readProcess(pid)?.session).toBe(pid);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
    await spawner.makePipes([pipes().input]);
    expect(await spawners()).toEqual([pid]);
  });

  it('is gone after its disposal, and says so', async () => {
    await spawner.makePipes([pipes().control]);
    await spawner[Symbol.asyncDispose]();
    expect(await spawners()).toEqual([]);
    await expect(spawner.makePipes([pipes().input])).rejects.toMatchObject({ code: 'runtime_unavailable' });
  });
});

describe('a shell whose spawner was killed', () => {
  it('is started anew with the next command, in the same directory', async () => {
    await using own = await openFixture();
    await own.run('mkdir sub; cd sub; export WORD=kept');
    const begun = Promise.withResolvers<void>();
    const running = own.run('echo begun; sleep 1000', { onOutput: () => begun.resolve() });
    await begun.promise;
    const [pid = 0] = await spawners();
    process.kill(pid, 'SIGKILL');
    expect((await running).extras.metadata.exit_code).toBe(137);
    expect((await own.run('basename "$PWD"; echo $WORD')).content).toBe('sub\nkept');
  });
});

const spawners = () => childrenNamed('convene-spawner');
