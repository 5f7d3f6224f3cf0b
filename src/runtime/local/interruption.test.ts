/** Interruption of a command, and the end of a runtime: what is killed, what survives, and how soon. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isError } from '../../errors.ts';
import { errnoOf } from './errno.ts';
import { eventually, execute, type Fixture, lives, openFixture, processesWith } from './fixture.ts';

/** Runs `command` until it has made the file `started`, and interrupts it. */
async function interrupt(own: Fixture, command: string) {
  const abort = new AbortController();
  const answer = execute(own.runtime, command, { signal: abort.signal });
  await eventually(() => exists(join(own.workspace, 'started')));
  const from = performance.now();
  abort.abort();
  return { observation: await answer, ms: performance.now() - from };
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return false;
      throw error;
    },
  );
}

const start = 'export MARK=$RANDOM$RANDOM$RANDOM; echo $MARK';

describe('an interrupted command', () => {
  it.each([
    ['a program', 'touch started; sleep 1000'],
    [
      'a program that ignores signals',
      `sh -c 'trap "" INT TERM HUP; touch started; sleep 1000'; touch after`,
    ],
    ['a list', 'touch started; sleep 1000; touch after'],
    ['a loop', 'for i in 1 2 3; do touch started; sleep 1000; done; touch after'],
    ['a loop of the shell itself', 'touch started; while :; do :; done; touch after'],
    ['a pipeline', 'touch started; sleep 1000 | cat | cat; touch after'],
    ['a subshell', '(touch started; sleep 1000; touch after); touch after'],
    ['nested subshells without any program', '( ( touch started; while :; do :; done ) ); touch after'],
    ['a substitution', 'x=$(touch started; sleep 1000; touch after); touch after'],
    ['a read', 'touch started; read x; touch after'],
    ['a wait', 'touch started; sleep 1000 & wait; touch after'],
    ['a background process', 'sleep 1000 & touch started; sleep 1000'],
    ['nohup', 'nohup sleep 1000 >/dev/null 2>&1 & touch started; sleep 1000'],
    ['a session of its own', 'setsid sleep 1000 & touch started; sleep 1000'],
    ['a double fork', '( setsid sleep 1000 & ) & touch started; sleep 1000'],
    ['a cleared environment', 'env -i sleep 1000 & touch started; sleep 1000'],
    ['a trap of the shell', 'trap "touch trapped" INT; touch started; sleep 1000; touch after'],
  ])('is gone with all its processes: %s', async (_, command) => {
    await using own = await openFixture();
    const mark = (await own.run(start)).content;
    await own.run('true');
    const { observation } = await interrupt(own, `echo before; ${command}`);
    expect(observation).toMatchObject({
      observation: 'run',
      content: expect.stringMatching(/^before/),
      success: false,
      extras: { metadata: { exit_code: -1, suffix: expect.stringContaining('interrupted') } },
    });
    expect(await processesWith(`MARK=${mark}`)).toEqual([]);
    const { content } = await own.run('echo $MARK; [ ! -e after ] || echo after');
    expect(content.split('\n')).toEqual([mark]);
  });

  it('is gone within 100 ms', async () => {
    await using own = await openFixture();
    const command = 'for i in 1 2 3 4 5 6 7 8; do setsid sleep 1000 & done; touch started; sleep 1000';
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      await own.run('rm -f started');
      times.push((await interrupt(own, command)).ms);
    }
    // Other tests may keep the machine busy meanwhile: the best round tells how long it takes.
    expect(Math.min(...times)).toBeLessThan(100);
  });

  it('leaves directory, variables and functions as they are', async () => {
    await using own = await openFixture();
    await own.run('mkdir sub; export A=1; b=2; f() { echo f; }');
    await interrupt(own, 'cd sub; touch ../started; sleep 1000');
    expect((await own.run('pwd; echo $A $b; f')).content).toBe(`${own.workspace}/sub\n1 2\nf`);
  });

  it('leaves alone what earlier commands left in the background', async () => {
    await using own = await openFixture();
    const earlier = (
      await own.run(
        'sleep 1000 & echo $!; setsid sleep 1001 & echo $!; (while :; do sleep 0.1; done) & echo $!',
      )
    ).content;
    await own.run('sleep 0.05');
    await interrupt(own, 'touch started; sleep 1000');
    for (const pid of earlier.split('\n')) expect(await lives(Number(pid))).toBe(true);
  });

  it('is killed with its shell where that does not come back; directory and exported variables live on', async () => {
    await using own = await openFixture();
    await own.run('mkdir sub; cd sub; export A=1');
    const { observation, ms } = await interrupt(
      own,
      'trap "" URG INT; touch ../started; while :; do :; done',
    );
    expect(observation).toMatchObject({ observation: 'run', success: false });
    expect(ms).toBeLessThan(1000);
    expect((await own.run('pwd; echo $A')).content).toBe(`${own.workspace}/sub\n1`);
  });

  it('is not executed where the interruption came first', async () => {
    await using own = await openFixture();
    await own.run('true');
    expect(await execute(own.runtime, 'touch executed', { signal: AbortSignal.abort() })).toMatchObject({
      observation: 'error',
      content: expect.stringContaining('not executed'),
    });
    const first = own.run('read -t 0.2 x');
    const abort = new AbortController();
    const waiting = execute(own.runtime, 'touch executed', { signal: abort.signal });
    abort.abort();
    expect(await waiting).toMatchObject({
      observation: 'error',
      content: expect.stringContaining('not executed'),
    });
    await first;
    expect((await own.run('ls')).content).toBe('');
  });

  it('leaves nothing that it was reading to the next one', async () => {
    await using own = await openFixture();
    await own.run('yes "touch wrong;" | head -c 20000000 > big; export A=1');
    for (let round = 0; round < 5; round += 1) {
      const { observation } = await interrupt(own, "touch started; IFS= read -r -d '' text < big");
      expect(observation).toMatchObject({ observation: 'run', success: false });
      expect((await own.run('rm started; echo $A; ls')).content).toBe('1\nbig');
    }
  });

  it('does no harm whenever the interruption comes', async () => {
    await using own = await openFixture();
    await own.run('export A=1');
    for (let round = 0; round < 60; round += 1) {
      const abort = new AbortController();
      const answer = execute(own.runtime, `echo ${round} > last; sleep 0.003; rm last`, {
        signal: abort.signal,
      });
      for (let turn = 0; turn < round; turn += 1) await new Promise(setImmediate);
      abort.abort();
      await answer;
      expect((await own.run('echo $A; rm -f last')).content).toBe('1');
    }
  });

  it('may be one that waits for input', async () => {
    await using own = await openFixture();
    await own.run('cat', { timeout: 0.05 });
    const abort = new AbortController();
    const answer = execute(own.runtime, '', { input: true, timeout: 100, signal: abort.signal });
    abort.abort();
    expect(await answer).toMatchObject({ observation: 'run', success: false });
    expect((await own.run('echo alive')).content).toBe('alive');
  });
});

describe('a disposed runtime', () => {
  it('has left no process behind', async () => {
    await using own = await openFixture();
    const mark = (await own.run(start)).content;
    const everything =
      'sleep 1000 & nohup sleep 1000 & setsid sleep 1000 & ( setsid sleep 1000 & ); env -i sleep 1000 &';
    const pids = (await own.run(`${everything} echo $!`)).content.split('\n').map(Number);
    const under = execute(own.runtime, 'touch started; sleep 1000');
    await eventually(() => exists(join(own.workspace, 'started')));
    await own.runtime[Symbol.asyncDispose]();
    expect(await processesWith(`MARK=${mark}`)).toEqual([]);
    expect(await lives(pids.at(-1) ?? 0)).toBe(false);
    expect(await under).toMatchObject({ success: false, extras: { metadata: { exit_code: 137 } } });
  });

  it('refuses further actions', async () => {
    await using own = await openFixture();
    await own.run('true');
    await own.runtime[Symbol.asyncDispose]();
    await own.runtime[Symbol.asyncDispose]();
    await expect(own.run('true')).rejects.toSatisfy((error) => isError(error, 'runtime_unavailable'));
  });

  it('may be disposed of while it starts', async () => {
    await using own = await openFixture();
    const answer = own.run('sleep 1000');
    const outcome = expect(answer).rejects.toSatisfy((error) => isError(error, 'runtime_unavailable'));
    await own.runtime[Symbol.asyncDispose]();
    await outcome;
    expect(await processesWith(own.workspace)).toEqual([]);
  });

  it('does not touch the processes of another one', async () => {
    await using own = await openFixture();
    const other = await own.provider.open('other');
    await own.run('true');
    const pid = expectPid(await execute(other, 'sleep 1000 & echo $!'));
    await own.runtime[Symbol.asyncDispose]();
    expect(await lives(pid)).toBe(true);
  });
});

function expectPid(observation: { content?: unknown }): number {
  return Number(String(observation.content).trim());
}
