/** The agent's shell and its user's: what they share, and how neither is in the other's way. */
import { describe, expect, it } from 'vitest';
import { execute, type Fixture, lives, openFixture, processesWith } from './fixture.ts';

const typed = (own: Fixture, command: string, more = {}) => own.run(command, { source: 'user', ...more });

/** Leaves a command of the agent's running; answers with its process. */
async function occupied(own: Fixture): Promise<number> {
  const { extras } = await own.run(`sh -c 'read -r x; echo "got $x"'`, { timeout: 0.05 });
  return extras.metadata.pid;
}

describe("a user's command", () => {
  it('is executed while a command of the agent occupies the agent’s shell, and does not disturb it', async () => {
    await using own = await openFixture();
    const pid = await occupied(own);
    expect(await typed(own, 'echo typed')).toMatchObject({ content: 'typed', success: true });
    expect(await lives(pid)).toBe(true);
    expect((await own.run('hello', { input: true, timeout: 5 })).content).toBe('got hello');
  });

  it('works in the same workspace, with a directory and variables of its own', async () => {
    await using own = await openFixture();
    await own.run('mkdir sub; cd sub; touch file; export WORD=agent');
    expect((await typed(own, 'pwd; ls sub; echo "<$WORD>"; export WORD=user')).content).toBe(
      `${own.workspace}\nfile\n<>`,
    );
    expect((await own.run('pwd; echo $WORD')).content).toBe(`${own.workspace}/sub\nagent`);
    expect((await typed(own, 'cd sub; echo $WORD')).content).toBe('user');
    expect((await typed(own, 'pwd')).content).toBe(`${own.workspace}/sub`);
  });

  it('that is a key goes to the user’s own command', async () => {
    await using own = await openFixture();
    const pid = await occupied(own);
    expect(await execute(own.runtime, 'C-c', { source: 'user' })).toMatchObject({
      observation: 'error',
      content: expect.stringContaining('No command is running'),
    });
    await typed(own, 'sleep 1000', { timeout: 0.05 });
    expect((await typed(own, 'C-c', { timeout: 5 })).extras.metadata.exit_code).toBe(130);
    expect(await lives(pid)).toBe(true);
  });

  it('that was left running does not occupy the agent’s shell', async () => {
    await using own = await openFixture();
    await typed(own, 'sleep 1000', { timeout: 0.05 });
    expect(await own.run('echo free')).toMatchObject({ content: 'free', success: true });
    expect((await typed(own, 'echo busy')).content).toContain('NOT executed');
  });

  it('that is interrupted leaves what the agent has left running alone', async () => {
    await using own = await openFixture();
    const pid = await occupied(own);
    const abort = new AbortController();
    const answer = typed(own, 'echo begun; sleep 1000', {
      signal: abort.signal,
      onOutput: () => abort.abort(),
    });
    expect((await answer).extras.metadata.suffix).toContain('was interrupted');
    expect(await lives(pid)).toBe(true);
  });
});

describe('both shells', () => {
  it('are interrupted together: nothing that was left running goes on', async () => {
    await using own = await openFixture();
    const pids = [
      await occupied(own),
      (await typed(own, 'sleep 1000', { timeout: 0.05 })).extras.metadata.pid,
    ];
    await own.runtime.interrupt();
    for (const pid of pids) expect(await lives(pid)).toBe(false);
    expect((await typed(own, 'echo alive')).content).toBe('alive');
    expect((await own.run('echo alive')).content).toBe('alive');
  });

  it('are gone with all that they have started when the runtime is disposed of', async () => {
    await using own = await openFixture();
    const marks = [];
    for (const source of ['agent', 'user'] as const) {
      const { content } = await own.run('export MARK=$RANDOM$RANDOM$RANDOM; echo $MARK', { source });
      marks.push(`MARK=${content}`);
      await own.run('setsid sleep 1000 & nohup sleep 1000 >/dev/null 2>&1 &', { source });
      await own.run('sleep 1000', { source, timeout: 0.05 });
    }
    await own.runtime[Symbol.asyncDispose]();
    for (const mark of marks) expect(await processesWith(mark)).toEqual([]);
    expect(await processesWith(own.workspace)).toEqual([]);
  });

  it('refuse commands after the disposal, also where one was never used', async () => {
    await using own = await openFixture();
    await own.run('true');
    await own.runtime[Symbol.asyncDispose]();
    await expect(typed(own, 'true')).rejects.toThrow('disposed of');
  });
});
