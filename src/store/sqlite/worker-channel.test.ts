import { describe, expect, it } from 'vitest';
import type { ConveneError } from '../../errors.ts';
import type { WriterCalls } from './calls.ts';
import { type ChannelOptions, WorkerChannel } from './worker-channel.ts';

/** A worker in place of ours: `onCalls` is what it does with calls, and may use `port`, `calls` and `answer`. */
function channel(
  onCalls: string,
  options: Partial<ChannelOptions> = {},
  onOpen = "port.postMessage({ kind: 'ready' });",
) {
  const code = `
    import { parentPort as port } from 'node:worker_threads';
    const answer = (...answers) => port.postMessage({ kind: 'answers', answers });
    let messages = 0;
    port.on('message', ({ kind, calls }) => {
      messages += 1;
      if (kind === 'open') { ${onOpen} }
      else if (kind === 'close') port.close();
      else { ${onCalls} }
    });`;
  const warnings: ConveneError[] = [];
  const made = new WorkerChannel<WriterCalls>(
    new URL(`data:text/javascript,${encodeURIComponent(code)}`),
    { role: 'writer', files: { log: '', search: '' } },
    {
      bounds: { calls: 10, bytes: 10_000 },
      lost: 'outcome_unknown',
      onIdle: undefined,
      onWarning: (error) => warnings.push(error),
      ...options,
    },
  );
  return { channel: made, warnings };
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    (value) => value,
    (error) => error.code,
  );

describe('a channel to a worker', () => {
  it('sends the first call of an idle thread at once and the others of that turn together, in their order', async () => {
    const { channel: open } = channel(
      'answer(...calls.map(([name, argument]) => [messages, name, argument]));',
    );
    await open.open();
    const answers = await Promise.all(['a', 'b', 'c'].map((sid) => open.call('remove', sid)));
    expect(answers).toEqual([
      [2, 'remove', 'a'],
      [3, 'remove', 'b'],
      [3, 'remove', 'c'],
    ]);
    await open.close();
  });

  it('sends many calls before their turn ends, and the rest when it does', async () => {
    const { channel: open } = channel('answer(...calls.map(() => messages));', {
      bounds: { calls: 1000, bytes: 1_000_000 },
    });
    await open.open();
    const calls = Array.from({ length: 600 }, () => open.call('remove', 'a'));
    const messages = await Promise.all(calls);
    expect(messages.filter((message) => String(message) === '2')).toHaveLength(1);
    expect(new Set(messages).size).toBe(3);
    await open.close();
  });

  it('tells the answers of a large commit in turns, between which others have theirs', async () => {
    const { channel: open } = channel('answer(...calls.map(() => true));', {
      bounds: { calls: 1000, bytes: 1_000_000 },
    });
    await open.open();
    let told = 0;
    const seen = new Set<number>();
    const look = setInterval(() => seen.add(told));
    const turn = (): void => {
      seen.add(told);
      if (told < 600) setImmediate(turn);
    };
    setImmediate(turn);
    const calls = Array.from({ length: 600 }, async () => {
      await open.call('remove', 'a');
      told += 1;
      const until = performance.now() + 0.2;
      while (performance.now() < until); // what follows from an answer takes its time
    });
    await Promise.all(calls);
    clearInterval(look);
    expect(seen.size).toBeGreaterThan(20);
    await open.close();
  });

  it('answers the oldest call first, with its value or its failure', async () => {
    const failure = "{ failure: { code: 'internal', message: 'm' } }";
    const { channel: open } = channel(`answer('a', ${failure}); answer('c');`);
    await open.open();
    const answers = ['a', 'b', 'c'].map((sid) => codeOf(open.call('remove', sid)));
    expect(await Promise.all(answers)).toEqual(['a', 'internal', 'c']);
    await open.close();
  });

  it('rejects what was under way when the thread dies, and refuses what comes later', async () => {
    const { channel: open } = channel('process.exit(1);');
    await open.open();
    const lost = [open.call('remove', 'a'), open.call('remove', 'b')].map(codeOf);
    expect(await Promise.all(lost)).toEqual(['outcome_unknown', 'outcome_unknown']);
    expect(await codeOf(open.call('remove', 'c'))).toBe('store_unavailable');
    await open.close();
  });

  it('rejects also where the thread fails by an exception', async () => {
    const { channel: open } = channel("throw new Error('a bug');", { lost: 'store_unavailable' });
    await open.open();
    await expect(open.call('remove', 'a')).rejects.toMatchObject({
      code: 'store_unavailable',
      cause: expect.objectContaining({ message: 'a bug' }),
    });
    await open.close();
  });

  it('keeps to its bounds, and takes again when there is room', async () => {
    const { channel: open } = channel('setTimeout(() => answer(...calls.map(() => true)), 20);');
    await open.open();
    const many = Array.from({ length: 11 }, () => codeOf(open.call('remove', 'a')));
    expect(await Promise.all(many)).toEqual([...Array.from({ length: 10 }, () => true), 'store_unavailable']);
    const heavy = [6000, 3000, 2000, 1000].map((bytes) => codeOf(open.call('remove', 'a', bytes)));
    expect(await Promise.all(heavy)).toEqual([true, true, 'store_unavailable', true]);
    expect(await codeOf(open.call('remove', 'a', 1_000_000))).toBe(true);
    await open.close();
  });

  it('tells why the thread could not open', async () => {
    const onOpen =
      "port.postMessage({ kind: 'failed', failure: { code: 'store_incompatible', message: 'm' } }); port.close();";
    const { channel: failed } = channel('', {}, onOpen);
    await expect(failed.open()).rejects.toMatchObject({ code: 'store_incompatible', message: 'm' });
    await failed.close();
  });

  it('tells that the thread ended before it was open', async () => {
    const { channel: failed } = channel('', {}, 'process.exit(1);');
    await expect(failed.open()).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await codeOf(failed.call('remove', 'a'))).toBe('store_unavailable');
    await failed.close();
  });

  it('is closed only when the thread has answered and ended', async () => {
    const { channel: open } = channel('for (const [, argument] of calls) answer(argument);');
    await open.open();
    const answers = ['a', 'b'].map((sid) => open.call('remove', sid));
    const closed = open.close();
    expect(await codeOf(open.call('remove', 'c'))).toBe('store_unavailable');
    expect(await Promise.all(answers)).toEqual(['a', 'b']);
    await closed;
  });

  it('may be closed before it is open', async () => {
    const { channel: unopened } = channel('');
    await unopened.close();
    expect(await codeOf(unopened.call('remove', 'a'))).toBe('store_unavailable');
  });

  it('passes warnings on', async () => {
    const failure =
      "port.postMessage({ kind: 'warning', failure: { code: 'store_unavailable', message: 'm' } });";
    const { channel: open, warnings } = channel(`${failure} answer(true);`);
    await open.open();
    await open.call('remove', 'a');
    expect(warnings).toMatchObject([{ code: 'store_unavailable', message: 'm' }]);
    await open.close();
  });
});
