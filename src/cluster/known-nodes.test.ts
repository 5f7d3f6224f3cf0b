import { describe, expect, it } from 'vitest';
import { KnownNodes } from './known-nodes.ts';

const node = (incarnation: string) => ({ incarnation, draining: false, load: 0 });

describe('known nodes', () => {
  const incarnations = (known: KnownNodes): string[] => known.living.map((one) => one.incarnation);

  it('who is missing in a later answer has died, and is told once', () => {
    const known = new KnownNodes();
    expect(known.learn([node('one'), node('two')], 0, 5)).toEqual([]);
    expect(known.learn([node('two')], 10, 15)).toEqual(['one']);
    expect(known.learn([node('two')], 20, 25)).toEqual([]);
    expect(incarnations(known)).toEqual(['two']);
    expect([known.isDead('one'), known.isDead('two')]).toEqual([true, false]);
  });

  it('who is missing in an answer that was asked for before it was shown may have joined since', () => {
    const known = new KnownNodes();
    known.learn([node('one')], 0, 20);
    expect(known.learn([], 10, 30)).toEqual([]);
    expect(incarnations(known)).toEqual(['one']);
    expect(known.learn([], 20, 35)).toEqual([]); // in the same moment: nobody knows
    expect(known.learn([], 21, 40)).toEqual(['one']);
  });

  it('an answer that was asked for before the newest one says nothing', () => {
    const known = new KnownNodes();
    known.learn([node('one')], 10, 15);
    expect(known.learn([node('two')], 5, 20)).toEqual([]);
    expect(incarnations(known)).toEqual(['one']);
  });

  it('nobody returns from the dead', () => {
    const known = new KnownNodes();
    known.learn([node('one')], 0, 5);
    expect(known.bury(['one', 'never seen'])).toEqual(['one', 'never seen']);
    expect(known.bury(['one'])).toEqual([]);
    known.learn([node('one')], 10, 15);
    expect(incarnations(known)).toEqual([]);
  });
});
