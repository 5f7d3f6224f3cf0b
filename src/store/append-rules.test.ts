import { describe, expect, it, vi } from 'vitest';
import type { NewEvent } from '../events/event.ts';
import { decideAppend, encodeAppend, type Known, rowsOf } from './append-rules.ts';
import type { AppendRequest, ConversationRecord } from './event-store.ts';

const message = (content: string): NewEvent => ({
  source: 'user',
  action: 'message',
  args: { content, image_urls: [], wait_for_response: false },
});

const present: ConversationRecord = {
  sid: 's',
  userId: 'u',
  title: 't',
  selectedRepository: null,
  selectedBranch: null,
  createdAt: 1,
  updatedAt: 2,
  head: 4,
  desired: 'stopped',
  owner: 'node-a',
  epoch: 3,
  executing: null,
  agentState: 'loading',
  due: false,
  settings: null,
};

function decide(
  request: Partial<AppendRequest>,
  conversation: ConversationRecord | null = present,
  known: Partial<Known> = {},
) {
  const full = encodeAppend({ sid: 's', events: [message('new')], at: 9, writer: 'w', ...request });
  return decideAppend(full, { conversation, deleted: false, batch: () => null, running: () => 0, ...known });
}

const stored = rowsOf(encodeAppend({ sid: 's', events: [message('old')], at: 2, writer: 'w' }), 4);
const knowsKey = { batch: () => stored };
const create = { userId: 'u', title: 't' };
const running: ConversationRecord = { ...present, desired: 'running' };

/** Each row breaks every rule from its own on: what is answered shows which rule comes first. */
describe('the order of the rules of an append', () => {
  const start = { desired: 'running' } as const;
  const wrong: Partial<AppendRequest> = {
    key: 'k',
    unlessRunning: true,
    epoch: 1,
    behind: 0,
    set: start,
    limit: 0,
  };

  it.each([
    [
      'deleted',
      decide({ ...wrong, create }, null, { deleted: true, ...knowsKey }),
      { outcome: 'missing', deleted: true },
    ],
    ['missing', decide(wrong, null, knowsKey), { outcome: 'missing', deleted: false }],
    ['conflict', decide(wrong, running, knowsKey), { outcome: 'conflict' }],
    ['running', decide(wrong, running), { outcome: 'running', head: 4, userId: 'u' }],
    ['fenced', decide(wrong), { outcome: 'fenced', epoch: 3 }],
    [
      'fenced, without an owner',
      decide({ ...wrong, epoch: 3 }, { ...present, owner: null }),
      { outcome: 'fenced', epoch: 3 },
    ],
    ['fenced, of a new conversation', decide({ ...wrong, create }, null), { outcome: 'fenced', epoch: 0 }],
    ['behind', decide({ ...wrong, epoch: 3 }), { outcome: 'behind', head: 4 }],
  ])('%s', (_, decision, result) => {
    expect(decision).toEqual({ act: 'refuse', result });
  });

  it('over the limit, which refuses nothing', () => {
    const decision = decide({ ...wrong, epoch: 3, behind: 4 });
    expect(decision).toMatchObject({ act: 'write', first: 5, conversation: { head: 5, desired: 'waiting' } });
  });

  it('a repeated key, before all that would be refused', () => {
    const decision = decide({ ...wrong, events: [message('old')] }, running, knowsKey);
    expect(decision).toEqual({ act: 'repeat', rows: stored, conversation: running });
  });
});

describe('what the rules ask for', () => {
  it('is the key only where there is one, and events under it', () => {
    const batch = vi.fn(() => null);
    decide({}, present, { batch });
    decide({ key: 'k', events: [] }, present, { batch });
    decide({ key: 'k', create }, null, { batch });
    expect(batch).not.toHaveBeenCalled();
    decide({ key: 'k' }, present, { batch });
    expect(batch).toHaveBeenCalledWith('w', 'k');
  });

  it.each<[string, Partial<AppendRequest>, ConversationRecord]>([
    ['without a limit', { set: { desired: 'running' } }, present],
    ['without a wish to run', { limit: 0, set: { due: true } }, present],
    ['to be stopped', { limit: 0, set: { desired: 'stopped' } }, present],
    ['where it runs already', { limit: 0, set: { desired: 'running' } }, running],
  ])('is no count of running conversations %s', (_, request, conversation) => {
    const count = vi.fn(() => 99);
    decide(request, conversation, { running: count });
    expect(count).not.toHaveBeenCalled();
  });
});

describe('the limit', () => {
  it.each([
    [0, 0, 'waiting'],
    [0, 1, 'running'],
    [1, 1, 'waiting'],
    [1, 2, 'running'],
    [5, 2, 'waiting'],
  ])('with %d running and a limit of %d leaves it %s', (count, limit, desired) => {
    const decision = decide({ limit, set: { desired: 'running' } }, present, { running: () => count });
    expect(decision).toMatchObject({ act: 'write', conversation: { desired } });
  });
});

describe('the record after an append', () => {
  const recordAfter = (request: Partial<AppendRequest>, conversation: ConversationRecord = present) => {
    const decision = decide(request, conversation);
    return decision.act === 'write' ? decision.conversation : null;
  };

  it.each<[string, Partial<AppendRequest>, Partial<ConversationRecord>]>([
    ['one event', {}, { head: 5, updatedAt: 9 }],
    ['three events', { events: [message('a'), message('b'), message('c')] }, { head: 7, updatedAt: 9 }],
    ['no event', { events: [] }, {}],
    [
      'an action under way',
      { events: [message('a'), message('b')], set: { executing: 1 } },
      { head: 6, updatedAt: 9, executing: 6 },
    ],
    ['a state', { set: { agentState: 'running' } }, { head: 5, updatedAt: 9, agentState: 'running' }],
    ['something to do', { events: [], set: { due: true } }, { due: true }],
    ['a wish to run', { events: [], set: { desired: 'running' } }, { desired: 'running' }],
    ['settings', { events: [], set: { settings: 's' } }, { settings: 's' }],
  ])('with %s', (_, request, expected) => {
    expect(recordAfter(request)).toEqual({ ...present, ...expected });
  });

  it('loses the action under way only where that is said', () => {
    const busy = { ...present, executing: 2 };
    expect(recordAfter({}, busy)?.executing).toBe(2);
    expect(recordAfter({ set: { executing: null } }, busy)?.executing).toBeNull();
    expect(recordAfter({ set: { due: false } }, { ...present, due: true })?.due).toBe(false);
  });

  it('of a new conversation begins from nothing', () => {
    const decision = decide({ create: { ...create, settings: 's' }, set: { due: true } }, null);
    expect(decision).toMatchObject({
      created: true,
      first: 0,
      conversation: { head: 0, epoch: 0, createdAt: 9, due: true },
    });
  });
});
