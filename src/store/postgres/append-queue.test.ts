import { beforeEach, describe, expect, it } from 'vitest';
import { AppendQueue } from './append-queue.ts';

interface Asked {
  readonly sid: string;
  readonly n: number;
}

/** A statement that is under way until it is told its end. */
interface Statement {
  readonly requests: readonly Asked[];
  readonly end: PromiseWithResolvers<void>;
}

describe('what changes conversations', () => {
  let statements: Statement[];
  let queue: AppendQueue<Asked, string>;
  beforeEach(() => {
    statements = [];
    queue = new AppendQueue({
      async send(requests) {
        const end = Promise.withResolvers<void>();
        statements.push({ requests, end });
        await end.promise;
        return requests.map(({ n, sid }) => `${sid}${n}`);
      },
    });
  });

  const append = (sid: string, n = 0, size = 10): Promise<string> => queue.append({ sid, n }, size);
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const sent = (): string[] =>
    statements.map(({ requests }) => requests.map(({ n, sid }) => `${sid}${n}`).join(' '));
  const finish = async (index: number): Promise<void> => {
    statements[index]?.end.resolve();
    await turn();
  };

  it('goes together where it is asked for in one turn, each with its own answer', async () => {
    const answers = Promise.all([append('a'), append('b'), append('a', 1)]);
    await turn();
    expect(sent()).toEqual(['a0 a1 b0']);
    await finish(0);
    expect(await answers).toEqual(['a0', 'b0', 'a1']);
  });

  it('waits for what came before it in the same conversation, and for two statements at most', async () => {
    void append('a');
    await turn();
    void append('a', 1);
    void append('b');
    await turn();
    void append('c');
    await turn();
    expect(sent()).toEqual(['a0', 'b0']);
    await finish(1);
    expect(sent()).toEqual(['a0', 'b0', 'c0']);
    await finish(0);
    expect(sent()).toEqual(['a0', 'b0', 'c0', 'a1']);
  });

  it('is one of each where there are many conversations', async () => {
    const sids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    for (const n of [0, 1]) for (const sid of sids) void append(sid, n);
    await turn();
    await finish(0);
    expect(sent()).toEqual([0, 1].map((n) => sids.map((sid) => `${sid}${n}`).join(' ')));
  });

  it('does not hold up other conversations, whatever it is', async () => {
    const claim = Promise.withResolvers<string>();
    const claimed = queue.run('a', () => claim.promise);
    void append('a');
    void append('b');
    await turn();
    expect(sent()).toEqual(['b0']);
    claim.resolve('claimed');
    expect(await claimed).toBe('claimed');
    await turn();
    expect(sent()).toEqual(['b0', 'a0']);
  });

  it('that fails fails alone, and what comes after it goes on', async () => {
    const failed = append('a');
    await turn();
    const next = append('a', 1);
    statements[0]?.end.reject(new Error('away'));
    await expect(failed).rejects.toThrow('away');
    await turn();
    await finish(1);
    expect(await next).toBe('a1');
  });

  it('is settled when nothing is left', async () => {
    await queue.settled();
    void append('a');
    const settled = queue.settled().then(() => 'settled');
    await turn();
    void append('a', 1);
    await finish(0);
    await finish(1);
    expect(await settled).toBe('settled');
  });
});
