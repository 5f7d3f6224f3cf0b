import { describe, expect, it } from 'vitest';
import { isError } from '../errors.ts';
import { type ActionKind, actionSchemas, type RunnableAction } from '../events/actions.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { MemoryRuntimeProvider, type RuntimeScript } from './memory-runtime.ts';

async function open(script?: RuntimeScript) {
  const clock = new VirtualClock();
  const provider = new MemoryRuntimeProvider(script ? { clock, script } : { clock });
  return { clock, provider, runtime: await provider.open('a') };
}

const run = (command: string) => actionSchemas.run.parse({ action: 'run', args: { command } });
const file = <Kind extends ActionKind & ('read' | 'write')>(kind: Kind, args: object) =>
  actionSchemas[kind].parse({ action: kind, args }) as RunnableAction;
const { signal } = new AbortController();

describe('MemoryRuntime', () => {
  it('answers as the script says, when it says', async () => {
    const { clock, runtime } = await open(() => ({ content: 'done', exitCode: 3, afterMs: 100 }));
    let answered = false;
    const answer = runtime.execute(run('x'), { signal }).finally(() => {
      answered = true;
    });
    await clock.advance(99);
    expect(answered).toBe(false);
    await clock.advance(1);
    expect(await answer).toMatchObject({
      content: 'done',
      success: false,
      extras: { metadata: { exit_code: 3 } },
    });
  });

  it('is interrupted at once', async () => {
    const { runtime, provider } = await open(() => ({ afterMs: 1000 }));
    const abort = new AbortController();
    const answer = runtime.execute(run('x'), { signal: abort.signal });
    abort.abort();
    expect(await answer).toMatchObject({ observation: 'error' });
    expect(provider.executed).toMatchObject([{ sid: 'a', outcome: 'interrupted' }]);
  });

  it('records what was executed, and only that', async () => {
    const { runtime, provider } = await open();
    await runtime.execute(run('x'), { signal });
    await runtime.execute(run('y'), { signal: AbortSignal.abort() });
    expect(provider.executed).toMatchObject([{ action: { args: { command: 'x' } }, outcome: 'answered' }]);
  });

  it('keeps files for the conversation', async () => {
    const { runtime, provider } = await open();
    await runtime.execute(file('write', { path: 'f', content: 'text' }), { signal });
    const again = await provider.open('a');
    expect(await again.execute(file('read', { path: 'f' }), { signal })).toMatchObject({ content: 'text' });
    await provider.remove('a');
    const new_ = await provider.open('a');
    expect(await new_.execute(file('read', { path: 'f' }), { signal })).toMatchObject({
      observation: 'error',
    });
  });

  it('fails where the script throws, and after its disposal', async () => {
    const { runtime, provider } = await open(() => {
      throw new Error('broken');
    });
    await expect(runtime.execute(run('x'), { signal })).rejects.toThrow('broken');
    expect(provider.executed).toMatchObject([{ outcome: 'failed' }]);
    await runtime[Symbol.asyncDispose]();
    await expect(runtime.execute(run('x'), { signal })).rejects.toSatisfy((error) =>
      isError(error, 'runtime_unavailable'),
    );
  });
});
