/** Many short commands, in new shells and in used ones, on a machine that is busy: each is answered with its own end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { execute, expectKind, openFixture } from './fixture.ts';

const boundMs = 4_000;

let load: ChildProcess[] = [];
beforeEach(() => {
  load = Array.from({ length: availableParallelism() }, () =>
    spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }),
  );
});
afterEach(() => {
  for (const child of load) child.kill('SIGKILL');
});

/** Prints what no other command prints, and ends with a code that the one before it does not have. */
const commandOf = (round: number) => {
  const exitCode = round % 3;
  const command = `/bin/echo begun ${round}; ls -a; (exit ${exitCode})`;
  return { command, exitCode, content: `begun ${round}\n.\n..` };
};

describe('short commands under load', () => {
  it('are answered with their own output and exit code by a shell that is used again', async () => {
    await using own = await openFixture();
    const until = performance.now() + boundMs;
    for (let round = 0; round < 300 && performance.now() < until; round += 1) {
      const { command, content, exitCode } = commandOf(round);
      const observation = await own.run(command);
      expect(observation).toMatchObject({ content, extras: { metadata: { exit_code: exitCode } } });
    }
  });

  it('are answered so by new shells, several of which start at the same time', async () => {
    await using own = await openFixture();
    const until = performance.now() + boundMs;
    for (let round = 0; round < 60 && performance.now() < until; round += 1) {
      const runtimes = await Promise.all([0, 1, 2].map((other) => own.provider.open(`c${round}-${other}`)));
      const answers = runtimes.map(async (runtime, other) => {
        const { command, content, exitCode } = commandOf(round + other);
        const observation = expectKind(await execute(runtime, command), 'run');
        expect(observation).toMatchObject({ content, extras: { metadata: { exit_code: exitCode } } });
        await runtime[Symbol.asyncDispose]();
      });
      await Promise.all(answers);
    }
  });
});
