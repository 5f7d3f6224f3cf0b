/** What one client sends: in order, a bounded number at a time, and halted rather than heaped up. */
import { describe, expect, it } from 'vitest';
import { Inbox } from '../../src/server/socket/inbox.ts';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An inbox whose items are dealt with when the test says so. */
function inbox(slow: ReadonlySet<number> = new Set()) {
  const begun: number[] = [];
  const done = new Map<number, () => void>();
  const readings: boolean[] = [];
  const box = new Inbox<number>({
    begin(item, finish) {
      begun.push(item);
      done.set(item, finish);
      return slow.has(item) ? tick() : undefined;
    },
    setReading: (reading) => readings.push(reading),
  });
  const finish = (item: number): void => {
    done.get(item)?.();
    done.delete(item);
  };
  return { box, begun, done, readings, finish };
}

describe('Inbox', () => {
  it('begins in order, each after the one before it has begun', async () => {
    const { box, begun } = inbox(new Set([1]));
    for (const item of [0, 1, 2, 3]) box.push(item);
    expect(begun).toEqual([0, 1]);
    await tick();
    await tick();
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it('halts reading when more wait than may be under way, until all is dealt with', () => {
    const { box, begun, done, readings, finish } = inbox();
    for (let item = 0; item < 100; item += 1) box.push(item);
    expect(begun).toHaveLength(64);
    expect(readings).toEqual([false]);
    for (let item = 0; item < 99; item += 1) finish(item);
    expect(begun).toHaveLength(100);
    expect(readings).toEqual([false]);
    finish(99);
    expect(readings).toEqual([false, true]);
    expect(done.size).toBe(0);
  });

  it('takes no more than a bounded number', () => {
    const { box } = inbox();
    const taken = Array.from({ length: 10_000 }, (_, item) => box.push(item)).filter(Boolean).length;
    expect(taken).toBe(64 + 8_192);
  });

  it('halts for many bytes, and goes on where they were no items', async () => {
    const { box, readings, finish } = inbox();
    box.read(5_000_000);
    expect(readings).toEqual([false]);
    await tick();
    expect(readings).toEqual([false, true]);
    box.read(5_000_000);
    box.push(0);
    await tick();
    expect(readings).toEqual([false, true, false]);
    finish(0);
    expect(readings).toEqual([false, true, false, true]);
  });

  it('stays halted while it is held', () => {
    const { box, readings, finish } = inbox();
    box.hold(true);
    box.push(0);
    finish(0);
    expect(readings).toEqual([false]);
    box.hold(false);
    expect(readings).toEqual([false, true]);
  });

  it('is idle when everything is dealt with', async () => {
    const { box, finish } = inbox();
    await box.idle();
    box.push(0);
    box.push(1);
    let idle = false;
    const waiting = box.idle().then(() => {
      idle = true;
    });
    finish(1);
    await tick();
    expect(idle).toBe(false);
    finish(0);
    await waiting;
  });
});
