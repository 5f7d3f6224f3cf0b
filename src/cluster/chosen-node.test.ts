import { describe, expect, it } from 'vitest';
import { chosenNode } from './chosen-node.ts';

const sids = Array.from({ length: 300 }, (_, place) => `sid-${place}`);

describe('the chosen node', () => {
  it('is nobody of none', () => {
    expect(chosenNode('sid', [])).toBeNull();
  });

  it('is the same in whatever order the nodes are known', () => {
    for (const sid of sids) expect(chosenNode(sid, ['a', 'b', 'c'])).toBe(chosenNode(sid, ['c', 'a', 'b']));
  });

  it('is each of them about as often', () => {
    for (const node of ['a', 'b', 'c']) {
      const share = sids.filter((sid) => chosenNode(sid, ['a', 'b', 'c']) === node).length;
      expect(share).toBeGreaterThan(70);
      expect(share).toBeLessThan(130);
    }
  });

  it('stays where it was when others go', () => {
    for (const sid of sids) {
      const before = chosenNode(sid, ['a', 'b', 'c']);
      if (before !== 'c') expect(chosenNode(sid, ['a', 'b'])).toBe(before);
    }
  });
});
