import { describe, expect, it } from 'vitest';
import type { ConversationRecord } from '../event-store.ts';
import { type CachedConversation, ConversationCache } from './conversation-cache.ts';

const entry = (sid: string, number: number): CachedConversation => {
  const record: ConversationRecord = {
    sid,
    userId: 'u',
    title: sid,
    createdAt: 1,
    updatedAt: 1,
    head: -1,
    desired: 'stopped',
    due: false,
    owner: null,
    epoch: 0,
    executing: null,
    agentState: 'loading',
    selectedRepository: null,
    selectedBranch: null,
    settings: null,
  };
  return { number, record };
};

describe('the cache of conversations', () => {
  it('forgets what was not used for a generation, and keeps what was', () => {
    const cache = new ConversationCache(2);
    const [a, b, c] = [entry('a', 1), entry('b', 2), entry('c', 3)].map((one) => cache.add(one));
    cache.evict();
    expect(cache.get('a')).toBe(a);
    cache.add(entry('d', 4));
    cache.evict();
    expect(cache.get('a'), 'was used').toBe(a);
    expect(cache.get('b'), 'was not').toBeUndefined();
    expect([b?.number, c?.number]).toEqual([2, 3]);
  });

  it('evicts nothing while its young generation has room', () => {
    const cache = new ConversationCache(3);
    cache.add(entry('a', 1));
    for (let times = 0; times < 10; times += 1) cache.evict();
    expect(cache.get('a')?.number).toBe(1);
  });

  it('forgets a removed one in both generations, and that it was to be written', () => {
    const cache = new ConversationCache(1);
    const a = cache.add(entry('a', 1));
    cache.evict();
    cache.dirty.add(a);
    cache.get('a');
    cache.remove(a);
    expect(cache.get('a')).toBeUndefined();
    expect(cache.dirty.size).toBe(0);
  });

  it('forgets everything after a rollback', () => {
    const cache = new ConversationCache(1);
    const a = cache.add(entry('a', 1));
    cache.evict();
    cache.add(entry('b', 2));
    cache.dirty.add(a);
    cache.clear();
    expect([cache.get('a'), cache.get('b'), cache.dirty.size]).toEqual([undefined, undefined, 0]);
  });
});
