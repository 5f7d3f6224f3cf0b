import { expect, it } from 'vitest';
import { Coalesced } from './coalesced.ts';

it('is done once more, together, for all who ask while it is done', async () => {
  const gates = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
  let begun = 0;
  const work = new Coalesced(() => gates[begun++]?.promise ?? Promise.resolve());
  const first = work.run();
  const later = [work.run(), work.run()];
  expect(work.again()).toBe(true);
  expect([begun, work.isWorking]).toEqual([1, true]);
  gates[0]?.resolve();
  await expect.poll(() => begun).toBe(2);
  gates[1]?.resolve();
  await Promise.all([first, ...later, work.settled()]);
  expect([begun, work.isWorking, work.again()]).toEqual([2, false, false]);
  gates[2]?.resolve();
  await work.run();
  expect(begun).toBe(3);
});

it('tells those who wait of a failure, and can be asked for again', async () => {
  let failing = true;
  const work = new Coalesced(async () => {
    if (failing) throw new Error('no');
  });
  await expect(work.run()).rejects.toThrow('no');
  failing = false;
  await work.run();
  expect(work.isWorking).toBe(false);
});
