import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeStateFolder } from '../../../test/fixtures/openhands-folder.ts';
import type { Agent } from '../../agent/agent.ts';
import { initialState, reduce } from '../../agent/loop-state.ts';
import type { StoredEvent } from '../../events/event.ts';
import { parseRecordedEvent } from '../../events/recorded-event.ts';
import type { AppendRequest, EventStore } from '../../store/event-store.ts';
import { writerOf } from '../../store/event-store.ts';
import { MemoryEventStore } from '../../store/memory-event-store.ts';
import { exportFolder } from '../export/export-folder.ts';
import { StoreSource } from '../source/folder-source.ts';
import { importFolder } from './import-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'convene-import-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function openStore(): Promise<EventStore> {
  const store = new MemoryEventStore();
  await store.open();
  return store;
}

const NOW = Date.UTC(2026, 0, 1);

function take(store: EventStore, from = folder) {
  return importFolder(from, { store, userOf: () => '', now: NOW });
}

async function write(sid: string, files: Readonly<Record<string, unknown>>): Promise<void> {
  await mkdir(path.join(folder, 'sessions', sid, 'events'), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(path.join(folder, 'sessions', sid, name), text);
  }
}

async function log(store: EventStore, sid: string): Promise<readonly StoredEvent[]> {
  return (await store.events({ sid, limit: 1000 })).events;
}

/** All that a store holds. */
async function contents(store: EventStore): Promise<unknown[]> {
  const { conversations } = await store.list({ limit: 100 });
  return Promise.all(conversations.map(async (record) => ({ ...record, log: await log(store, record.sid) })));
}

const message = (content: string, more: object = {}) => ({
  timestamp: '2025-03-01T10:00:00.123456',
  source: 'user',
  message: content,
  action: 'message',
  args: { content, image_urls: null, wait_for_response: false },
  ...more,
});

const metadata = {
  conversation_id: 'a',
  github_user_id: null,
  selected_repository: 'owner/name',
  title: 'A title',
  created_at: '2025-03-01T09:59:59.500000+00:00',
};

describe('an imported conversation', () => {
  it('keeps its title, its repository, and its times', async () => {
    await write('a', {
      'metadata.json': metadata,
      'events/0.json': message('one'),
      'events/1.json': message('two', { timestamp: '2025-03-01T10:00:05' }),
    });
    const store = await openStore();
    await take(store);
    expect(await store.conversation('a')).toMatchObject({
      title: 'A title',
      selectedRepository: 'owner/name',
      createdAt: Date.UTC(2025, 2, 1, 9, 59, 59, 500),
      updatedAt: Date.UTC(2025, 2, 1, 10, 0, 5),
      desired: 'stopped',
      due: false,
    });
    const [one, two] = await log(store, 'a');
    expect(one).toMatchObject({
      id: 0,
      timestamp: '2025-03-01T10:00:00.123Z',
      source: 'user',
      message: 'one',
    });
    expect(two).toMatchObject({ id: 1, timestamp: '2025-03-01T10:00:05.000Z' });
  });

  it('has null observations in its gaps and for broken files, and the rest is reported', async () => {
    await write('a', {
      'metadata.json': metadata,
      'events/1.json': message('one'),
      'events/2.json': '{"id": 2, "timesta',
      'events/3.json': { source: 'agent', action: 'run', args: { command: 7 } },
      'events/5.json': message('five'),
      'events/5.json.tmp': 'x',
      'events/99999999.json': message('far away'),
      'notes.txt': 'x',
    });
    const store = await openStore();
    const summary = await take(store);
    expect(summary.events).toMatchObject({ gaps: 2, broken: 2 });
    const kinds = (await log(store, 'a')).map((event) =>
      'action' in event ? event.action : event.observation,
    );
    expect(kinds.slice(0, 6)).toEqual(['null', 'message', 'null', 'null', 'null', 'message']);
    const reported = summary.problems.map(({ file }) => path.relative(path.join(folder, 'sessions/a'), file));
    expect(reported.toSorted()).toEqual(
      ['events/2.json', 'events/3.json', 'events/5.json.tmp', 'events/99999999.json', 'notes.txt'].toSorted(),
    );
  });

  it('keeps kinds that this version does not know untouched', async () => {
    const body = { action: 'later', args: [1, { deep: null }], extra: 'x' };
    const seen = { observation: 'later_too', content: 5, extras: null };
    await write('a', {
      'metadata.json': metadata,
      'events/0.json': { source: 'agent', ...body },
      'events/1.json': { source: 'agent', cause: 0, ...seen },
    });
    const store = await openStore();
    await take(store);
    expect((await log(store, 'a')).slice(0, 2)).toMatchObject([body, { ...seen, cause: 0 }]);
  });

  it('is taken without its metadata, as far as its events tell', async () => {
    await write('a', { 'events/0.json': message('one') });
    const store = await openStore();
    const { problems } = await take(store);
    expect(problems).toHaveLength(1);
    expect(await store.conversation('a')).toMatchObject({
      title: '',
      createdAt: Date.UTC(2025, 2, 1, 10, 0, 0, 123),
    });
  });

  it('links an action to the one that awaited consent, and takes nothing back that was confirmed', async () => {
    const run = (confirmation_state: string) => ({
      source: 'agent',
      action: 'run',
      args: { command: 'make', confirmation_state },
    });
    await write('a', {
      'metadata.json': metadata,
      'events/0.json': run('awaiting_confirmation'),
      'events/1.json': {
        source: 'user',
        action: 'change_agent_state',
        args: { agent_state: 'user_confirmed' },
      },
      'events/2.json': run('confirmed'),
      'events/3.json': {
        source: 'agent',
        cause: 2,
        observation: 'run',
        content: 'made',
        extras: { command: 'make' },
      },
    });
    const store = await openStore();
    await take(store);
    const events = await log(store, 'a');
    expect(events[2]).toMatchObject({ id: 2, cause: 0, action: 'run' });
    expect(JSON.stringify(events)).not.toContain('rejected');
    expect(events.at(-1)).toMatchObject({
      observation: 'agent_state_changed',
      extras: { agent_state: 'stopped' },
    });
  });

  it('leaves a loop nothing that was met before', async () => {
    const made = await makeStateFolder(folder, { conversations: 40, seed: 7 });
    const store = await openStore();
    await take(store);
    for (const { sid } of made) {
      const state = initialState(spectator);
      for (const event of await log(store, sid)) reduce(state, event, spectator);
      expect(state).toMatchObject({ inbox: [], pending: null, executing: null });
    }
  });
});

const spectator: Agent<null> = {
  name: 'Spectator',
  version: '1',
  initialState: () => null,
  fold: () => null,
  step: () => null,
};

describe('an import', () => {
  it('that is repeated changes nothing', async () => {
    await makeStateFolder(folder, { conversations: 12, seed: 1 });
    const store = await openStore();
    const first = await take(store);
    const before = await contents(store);
    const second = await take(store);
    expect(first.conversations).toMatchObject({ found: 12, imported: 12 });
    expect(second.conversations).toMatchObject({ found: 12, imported: 0, unchanged: 12 });
    expect(second.events).toEqual({ stored: 0, gaps: 0, broken: 0 });
    expect(await contents(store)).toEqual(before);
  });

  it('that was interrupted anywhere goes on, and nobody can tell afterwards', async () => {
    await makeStateFolder(folder, { conversations: 1, seed: 5, rounds: 2 });
    const whole = await openStore();
    await take(whole);
    const expected = await contents(whole);
    let appends = 1;
    for (; ; appends += 1) {
      const store = await openStore();
      const interrupted = await take(failingAfter(store, appends)).then(
        () => false,
        () => true,
      );
      if (!interrupted) break;
      const { conversations } = await take(store);
      expect(conversations.imported + conversations.resumed).toBe(1);
      expect(await contents(store)).toEqual(expected);
    }
    expect(appends).toBeGreaterThan(10);
  });

  it('leaves a conversation as it is that was continued since', async () => {
    await write('a', { 'metadata.json': metadata, 'events/0.json': message('one') });
    const store = await openStore();
    await take(store);
    const mine = {
      action: 'message',
      args: { content: 'more', image_urls: [], wait_for_response: false },
    } as const;
    await store.append({
      sid: 'a',
      events: [{ ...mine, source: 'user' }],
      at: NOW,
      writer: writerOf.user(''),
    });
    const before = await contents(store);
    expect((await take(store)).conversations).toMatchObject({ unchanged: 1 });
    expect(await contents(store)).toEqual(before);
  });

  it('refuses a conversation whose id has other events, or was deleted', async () => {
    await write('a', { 'metadata.json': metadata, 'events/0.json': message('one') });
    await write('b', { 'metadata.json': metadata, 'events/0.json': message('one') });
    const store = await openStore();
    await take(store);
    await store.remove('b');
    await write('a', { 'events/0.json': message('another one') });
    const { refused } = await take(store);
    expect(refused.map(({ sid }) => sid)).toEqual(['a', 'b']);
    expect(refused[1]?.reason).toContain('deleted');
  });

  it('says what a state folder is, where it is given another one', async () => {
    await expect(take(await openStore())).rejects.toThrow(/no folder `sessions`/);
  });
});

describe('import, export and import again', () => {
  it('give the same conversations', async () => {
    await makeStateFolder(folder, { conversations: 12, seed: 3 });
    const store = await openStore();
    await take(store);
    const exported = path.join(folder, 'exported');
    await exportFolder(new StoreSource(store, { [Symbol.asyncDispose]: async () => {} }), exported);
    const again = await openStore();
    const summary = await take(again, exported);
    expect(summary.problems).toEqual([]);
    expect(await contents(again)).toEqual(await contents(store));
  });

  it('give the same event, whatever it holds', () => {
    const text = fc.string({ unit: 'binary' });
    const source = fc.constantFrom('user', 'agent', 'environment');
    const body = fc.oneof(
      fc.record({ action: fc.constant('message'), args: fc.record({ content: text }) }),
      fc.record({ action: fc.constant('run'), args: fc.record({ command: text, other: fc.jsonValue() }) }),
      fc.record({ observation: fc.constant('run'), content: text, extras: fc.record({ command: text }) }),
      fc.record({ action: text.map((name) => `x${name}`), args: fc.jsonValue() }),
      fc.record({
        observation: text.map((name) => `x${name}`),
        content: fc.jsonValue(),
        extras: fc.jsonValue(),
      }),
    );
    const event = fc
      .tuple(fc.record({ source, message: text, cause: fc.nat() }), body)
      .map(([place, said]) => ({
        ...place,
        ...said,
      }));
    fc.assert(
      fc.property(event, (recorded) => {
        const once = parseRecordedEvent(JSON.parse(JSON.stringify(recorded)));
        expect(parseRecordedEvent(JSON.parse(JSON.stringify(once.event))).event).toEqual(once.event);
        expect(JSON.parse(JSON.stringify(once.event))).toMatchObject(JSON.parse(JSON.stringify(recorded)));
      }),
    );
  });
});

/** A store that fails at an append, as a process that is killed does. */
function failingAfter(store: EventStore, appends: number): EventStore {
  let left = appends;
  return new Proxy(store, {
    get(target, name) {
      if (name === 'append') {
        return async (request: AppendRequest) => {
          left -= 1;
          if (left < 0) throw new Error('killed');
          return target.append(request);
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
