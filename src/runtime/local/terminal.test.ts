/** Commands that outlive their answer: time-outs, input, Ctrl-C, Ctrl-D. */
import { appendFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { eventually, execute, expectKind, type Fixture, lives, openFixture } from './fixture.ts';

const input = (fixture: Fixture, text: string, timeout = 5) => fixture.run(text, { input: true, timeout });

describe('a command whose time is over', () => {
  it('is answered with what it has printed, and runs on', async () => {
    await using own = await openFixture();
    const { content, extras, success } = await own.run('echo before; read -r x; echo "got $x"', {
      timeout: 0.1,
    });
    expect(content).toBe('before');
    expect(success).toBe(false);
    expect(extras.metadata.exit_code).toBe(-1);
    expect(extras.metadata.suffix).toContain('still runs after 0.1 seconds');
    expect(await lives(extras.metadata.pid)).toBe(true);
    expect(await input(own, 'hello')).toMatchObject({
      content: 'got hello',
      extras: { metadata: { exit_code: 0, pid: -1 } },
    });
  });

  it('has the time of the configuration where the action names none', async () => {
    await using own = await openFixture({ commandTimeoutMs: 50 });
    expect((await own.run('sleep 100')).extras.metadata.suffix).toContain('after 0.05 seconds');
  });

  it('is ended by an interruption, and the next one runs where it would have', async () => {
    await using own = await openFixture();
    const { extras } = await own.run('mkdir -p a && cd a && sleep 100', { timeout: 0.1 });
    await own.runtime.interrupt();
    expect(await lives(extras.metadata.pid)).toBe(false);
    expect((await own.run('basename "$PWD"')).content).toBe('a');
    await own.runtime.interrupt(); // with nothing to end
  });

  it('keeps other commands from being executed', async () => {
    await using own = await openFixture();
    await own.run('read x', { timeout: 0.05 });
    const refused = await own.run('touch executed');
    expect(refused.content).toContain('NOT executed');
    expect(refused.extras.metadata.exit_code).toBe(-1);
    await input(own, '');
    await input(own, 'x');
    expect((await own.run('ls')).content).toBe('');
  });

  it('can be waited for with empty input, and tells only what is new', async () => {
    await using own = await openFixture();
    await own.run('echo a; read x; echo b; read x; echo c', { timeout: 0.05 });
    expect(await input(own, '', 0.05)).toMatchObject({
      content: '',
      extras: { metadata: { exit_code: -1 } },
    });
    expect((await input(own, 'x', 0.1)).content).toBe('b');
    const last = await input(own, 'x');
    expect(last.content).toBe('c');
    expect(last.extras.metadata.prefix).toContain('since the last answer');
  });

  it('tells its end to the next input, also where it came in the meantime', async () => {
    await using own = await openFixture();
    const { extras } = await own.run('mkfifo gate; cat gate; (exit 7)', { timeout: 0.1 });
    await appendFile(`${own.workspace}/gate`, 'late\n');
    await eventually(async () => !(await lives(extras.metadata.pid)));
    expect(await input(own, 'too late')).toMatchObject({
      content: 'late',
      extras: { metadata: { exit_code: 7 } },
    });
  });

  it('leaves its rest to the next command', async () => {
    await using own = await openFixture();
    await own.run('mkfifo gate; cat gate; (exit 7)', { timeout: 0.1 });
    await appendFile(`${own.workspace}/gate`, 'rest\n');
    let next = await own.run('echo next');
    await eventually(async () => {
      if (!next.content.includes('NOT executed')) return true;
      next = await own.run('echo next');
      return false;
    });
    expect(next.content).toBe('rest\nnext');
    expect(next.extras.metadata.prefix).toContain('exit code 7');
  });
});

describe('input', () => {
  it('needs a command that runs', async () => {
    await using own = await openFixture();
    for (const text of ['hello', '', 'C-c', 'C-d']) {
      expect(await execute(own.runtime, text, { input: true })).toMatchObject({
        observation: 'error',
        content: expect.stringContaining('No command is running'),
      });
    }
  });

  it('is meant where a command is empty or a control key, even if it is not said', async () => {
    await using own = await openFixture();
    await own.run('cat', { timeout: 0.05 });
    expect((await own.run('', { timeout: 0.01 })).extras.metadata.exit_code).toBe(-1);
    expect((await own.run('C-c', { timeout: 5 })).extras.metadata.exit_code).toBe(130);
  });

  it('leads a conversation with a program', async () => {
    await using own = await openFixture();
    await own.run('while read -r x; do echo "<$x>"; done; echo end', { timeout: 0.05 });
    expect((await input(own, 'a b', 0.1)).content).toBe('<a b>');
    expect((await input(own, 'c\nd', 0.1)).content).toBe('<c>\n<d>');
    expect((await input(own, 'C-d')).content).toBe('end');
  });

  it('that a command took over with the shell itself ends with C-d, and the next command has one again', async () => {
    await using own = await openFixture();
    await own.run('exec cat', { timeout: 0.05 });
    await input(own, 'C-d');
    expect((await own.run('echo alive')).content).toBe('alive');
    await own.run('read -r x; echo "got $x"', { timeout: 0.05 });
    expect((await input(own, 'hello')).content).toBe('got hello');
  });

  it('ends with C-d, and the next command has one again', async () => {
    await using own = await openFixture();
    await own.run('cat; echo done', { timeout: 0.05 });
    expect((await input(own, 'C-d')).content).toBe('done');
    await own.run('cat', { timeout: 0.05 });
    expect(await input(own, 'hello', 0.1)).toMatchObject({
      content: 'hello',
      extras: { metadata: { exit_code: -1 } },
    });
    expect((await input(own, 'C-d')).extras.metadata.exit_code).toBe(0);
  });

  it('that nobody has read does not reach the next command', async () => {
    await using own = await openFixture();
    await own.run('sleep 0.2', { timeout: 0.01 });
    await input(own, 'rm -rf important', 0.01);
    await input(own, '');
    expect((await own.run('read -t 0.05 x; echo "[$x]"')).content).toBe('[]');
  });

  it('may be more than a pipe holds', async () => {
    await using own = await openFixture();
    await own.run('head -c 1000000 | wc -c', { timeout: 0.05 });
    expect((await input(own, 'x'.repeat(1_000_000))).content).toBe('1000000');
  });
});

describe('C-c', () => {
  it.each([
    ['a program', 'sleep 1000'],
    ['a list, whole', 'sleep 1000; echo after'],
    ['a loop, whole', 'for i in 1 2 3; do sleep 1000; done; echo after'],
    ['a loop of the shell itself', 'while :; do :; done; echo after'],
    ['a function', 'f() { sleep 1000; echo in; }; f; echo after'],
    ['a pipeline', 'sleep 1000 | cat | cat; echo after'],
    ['a subshell', '(sleep 1000; echo in); echo after'],
    ['a substitution', 'x=$(sleep 1000; echo in); echo after'],
    ['a read', 'read x; echo after'],
    ['a wait', 'sleep 1000 & wait; echo after'],
  ])('ends %s', async (_, command) => {
    await using own = await openFixture();
    await own.run(`export A=1; ${command}`, { timeout: 0.1 });
    expect(await input(own, 'C-c')).toMatchObject({ content: '', extras: { metadata: { exit_code: 130 } } });
    expect((await own.run('echo $A')).content).toBe('1');
  });

  it('may be handled by the program', async () => {
    await using own = await openFixture();
    await own.run(`sh -c 'trap "echo caught; exit 9" INT; while :; do sleep 0.01; done'; echo "was $?"`, {
      timeout: 0.1,
    });
    expect((await input(own, 'C-c')).content).toBe('caught\nwas 9');
  });

  it('may be ignored by the program, which then runs on', async () => {
    await using own = await openFixture();
    await own.run(`sh -c 'trap "" INT; echo ready; sleep 1000'`, { timeout: 0.1 });
    expect((await input(own, 'C-c', 0.1)).extras.metadata.exit_code).toBe(-1);
  });

  it('replaces a shell that does not come back by itself', async () => {
    await using own = await openFixture();
    await own.run('export A=1');
    await own.run('trap "" INT; while :; do :; done', { timeout: 0.05 });
    expect((await input(own, 'C-c')).extras.metadata.suffix).toContain('The shell ended');
    expect((await own.run('echo "$A"')).content).toBe('1');
  });

  it('does not reach what earlier commands left in the background', async () => {
    await using own = await openFixture();
    const server = Number(
      (await own.run(`sh -c 'trap "exit 1" INT; while :; do sleep 0.05; done' & echo $!`)).content,
    );
    await own.run('sleep 1000', { timeout: 0.05 });
    await input(own, 'C-c');
    expect(await lives(server)).toBe(true);
  });

  it('comes too late without harm', async () => {
    await using own = await openFixture();
    for (let round = 0; round < 20; round += 1) {
      await own.run(`sleep 0.0${round % 10}`, { timeout: 0.03 });
      await execute(own.runtime, 'C-c', { input: true });
      expect(expectKind(await execute(own.runtime, 'echo alive'), 'run').content).toBe('alive');
    }
  });
});
