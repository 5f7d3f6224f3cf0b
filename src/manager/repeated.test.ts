import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { Background } from './background.ts';
import { Repeated } from './repeated.ts';

function begin(task: () => Promise<void>) {
  const clock = new VirtualClock();
  const errors: unknown[] = [];
  const background = new Background((error) => errors.push(error));
  return { clock, errors, repeated: new Repeated({ clock, background, everyMs: 100, what: 'work', task }) };
}

describe('repeated work', () => {
  it('is done again so long after it last ended', async () => {
    const gate = Promise.withResolvers<void>();
    let begun = 0;
    const { clock, repeated } = begin(async () => {
      begun += 1;
      if (begun === 1) await gate.promise;
    });
    repeated.start();
    await clock.advance(99);
    expect(begun).toBe(0);
    await clock.advance(1_000);
    expect(begun).toBe(1);
    gate.resolve();
    await clock.advance(99);
    expect(begun).toBe(1);
    await clock.advance(1);
    expect(begun).toBe(2);
    repeated.stop();
  });

  it('goes on after a failure, which is told', async () => {
    const { clock, errors, repeated } = begin(() => Promise.reject(new Error('broken')));
    repeated.start();
    await clock.advance(200);
    expect(errors).toHaveLength(2);
    repeated.stop();
  });

  it('is over when it is stopped, whether it waits, works or has yet to start', async () => {
    const gate = Promise.withResolvers<void>();
    let begun = 0;
    const work = async (): Promise<void> => {
      begun += 1;
      await gate.promise;
    };
    const waiting = begin(work);
    waiting.repeated.start();
    waiting.repeated.stop();
    await waiting.clock.advance(1_000);
    expect(begun).toBe(0);

    const unborn = begin(work);
    unborn.repeated.stop();
    unborn.repeated.start();
    await unborn.clock.advance(1_000);
    expect(begun).toBe(0);

    const working = begin(work);
    working.repeated.start();
    await working.clock.advance(100);
    working.repeated.stop();
    gate.resolve();
    await working.clock.advance(1_000);
    expect(begun).toBe(1);
  });
});
