import { ClientError, type SendAction } from 'convene/client';
import { expect, it, vi } from 'vitest';
import { Outbox, type Send } from './outbox.ts';

class MemoryStorage {
  readonly items = new Map<string, string>();
  isFull = false;
  get length(): number {
    return this.items.size;
  }
  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    if (this.isFull) throw new Error('QuotaExceededError');
    this.items.set(key, value);
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
}

let ids = 0;

function open(storage: MemoryStorage, conversationId = 'c'): Outbox {
  return new Outbox({ storage, conversationId, newActionId: () => `id-${ids++}`, now: () => 1_000 });
}

const say = (content: string): SendAction => ({ action: 'message', args: { content } });

const texts = (outbox: Outbox): string[] =>
  outbox.entries.map(({ action }) => (action.action === 'message' ? action.args.content : ''));

it('keeps what was written, in its order, over a reload', () => {
  const storage = new MemoryStorage();
  const outbox = open(storage);
  const written = [outbox.add(say('one')), outbox.add(say('two'))];
  open(storage, 'other').add(say('elsewhere'));
  const later = open(storage);
  expect(texts(later)).toEqual(['one', 'two']);
  expect(later.entries.map(({ actionId }) => actionId)).toEqual(written.map(({ actionId }) => actionId));
  expect(later.entries.every(({ isKept, state }) => isKept && state === 'waiting')).toBe(true);
});

it('sends one after the other, and shows each until its event is there', async () => {
  const storage = new MemoryStorage();
  const outbox = open(storage);
  outbox.add(say('one'));
  outbox.add(say('two'));
  const sent: string[] = [];
  const controller = new AbortController();
  const send: Send = async (_, { actionId }) => {
    sent.push(actionId);
    return 10 + sent.length;
  };
  const draining = outbox.drain(send, controller.signal);
  await vi.waitFor(() => expect(outbox.entries.every(({ state }) => state === 'acknowledged')).toBe(true));
  expect(sent).toEqual(outbox.entries.map(({ actionId }) => actionId));
  expect(storage.items.size).toBe(0);
  outbox.settle(11);
  expect(texts(outbox)).toEqual(['two']);
  outbox.settle(12);
  expect(texts(outbox)).toEqual([]);
  outbox.add(say('three'));
  await vi.waitFor(() => expect(sent).toHaveLength(3));
  controller.abort();
  await draining;
});

it('sends again under the same id where it is not known whether it was stored', async () => {
  const outbox = open(new MemoryStorage());
  outbox.add(say('one'));
  const sent: string[] = [];
  const controller = new AbortController();
  const send: Send = async (_, { actionId }) => {
    sent.push(actionId);
    if (sent.length < 3) throw new ClientError(sent.length === 1 ? 'timed_out' : 'unreachable', 'no answer');
    return 5;
  };
  const draining = outbox.drain(send, controller.signal);
  await vi.waitFor(() => expect(outbox.entries[0]?.eventId).toBe(5));
  expect(new Set(sent).size).toBe(1);
  controller.abort();
  await draining;
});

it('keeps what is under way when the conversation is left', async () => {
  const storage = new MemoryStorage();
  const outbox = open(storage);
  outbox.add(say('one'));
  await outbox.drain(async () => {
    throw new ClientError('closed', 'left');
  }, new AbortController().signal);
  expect(texts(open(storage))).toEqual(['one']);
});

it('shows what was refused until it is tried again or discarded', async () => {
  const storage = new MemoryStorage();
  const outbox = open(storage);
  const { actionId } = outbox.add(say('one'));
  const controller = new AbortController();
  let refuses = true;
  const draining = outbox.drain(async () => {
    if (refuses) throw new ClientError('payload_too_large', 'Too large.');
    return 3;
  }, controller.signal);
  await vi.waitFor(() =>
    expect(outbox.entries[0]).toMatchObject({ state: 'refused', problem: 'Too large.' }),
  );
  refuses = false;
  outbox.retry(actionId);
  await vi.waitFor(() => expect(outbox.entries[0]?.state).toBe('acknowledged'));
  const other = outbox.add(say('two'));
  outbox.discard(other.actionId);
  expect(texts(outbox)).toEqual(['one']);
  expect(storage.items.size).toBe(0);
  controller.abort();
  await draining;
});

it('says what would not survive a reload', () => {
  const storage = new MemoryStorage();
  storage.isFull = true;
  expect(open(storage).add(say('one')).isKept).toBe(false);
});

it('passes by what others have left in the storage', () => {
  const storage = new MemoryStorage();
  storage.items.set('convene.outbox.c.x', '{"cut off');
  storage.items.set('convene.outbox.c.y', '{"at":1}');
  expect(open(storage).entries).toEqual([]);
});
