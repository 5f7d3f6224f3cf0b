import { describe, expect, it } from 'vitest';
import { type Membership, type NodeInfo, SoleMembership } from '../cluster/membership.ts';
import { writerOf } from '../store/event-store.ts';
import { MemoryEventStore } from '../store/memory-event-store.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { type WorkspacePlace, WorkspacePlaces } from './workspace-places.ts';

/** This node is `me`; `other` and `third` live, `dead` does not. */
class Members extends SoleMembership implements Membership {
  override readonly incarnation = 'me';

  override living(): readonly string[] {
    return ['me', 'other', 'third', 'silent'];
  }

  override async nodes(): Promise<readonly NodeInfo[]> {
    const node = { startedAt: 0, heardMsAgo: 0, draining: false, load: 0 };
    return [
      { ...node, incarnation: 'me', url: 'http://me', live: true },
      { ...node, incarnation: 'other', url: 'http://other', live: true },
      { ...node, incarnation: 'third', url: 'http://third', live: true },
      { ...node, incarnation: 'silent', url: null, live: true },
      { ...node, incarnation: 'dead', url: 'http://dead', live: false },
    ];
  }
}

describe('the workspace of a conversation', () => {
  const clock = new VirtualClock();
  const epochs = new Map<string, number>();
  const held = { epochOf: async (sid: string) => epochs.get(sid) ?? null, hold: async () => {} };

  async function placed(
    owner: string | null,
    { heldHere, released = false }: { heldHere?: number; released?: boolean } = {},
  ): Promise<WorkspacePlace> {
    await using store = new MemoryEventStore();
    await store.open();
    const sid = 'sid';
    const create = { userId: '', title: '' };
    const set = { desired: 'running', due: true } as const;
    await store.append({ sid, events: [], at: 0, writer: writerOf.user(''), create, ...(owner && { set }) });
    if (owner !== null) await store.claim(sid, owner);
    if (released) await store.release(sid, 1);
    epochs.clear();
    if (heldHere !== undefined) epochs.set(sid, heldHere);
    const conversation = await store.conversation(sid);
    if (conversation === null) throw new Error('It was not created.');
    return new WorkspacePlaces({ clock, held, store, membership: new Members(clock) }).of(conversation);
  }

  it('is with its owner', async () => {
    expect(await placed('me')).toEqual({ at: 'here' });
    expect(await placed('other', { heldHere: 1 })).toEqual({ at: 'node', url: 'http://other' });
    expect(await placed('silent')).toEqual({ at: 'unknown', urls: [] });
  });

  it('is where it was last worked on, where nobody owns it', async () => {
    const unknown = { at: 'unknown', urls: ['http://other', 'http://third'] };
    for (const [owner, released] of [
      ['dead', false],
      ['other', true],
    ] as const) {
      expect(await placed(owner, { released, heldHere: 1 })).toEqual({ at: 'here' });
      expect(await placed(owner, { released })).toEqual(unknown);
      expect(await placed(owner, { released, heldHere: 0 })).toEqual(unknown);
    }
  });

  it('is here where nobody ever had it', async () => {
    expect(await placed(null)).toEqual({ at: 'here' });
  });

  it('is awaited where it is just about to be claimed, but not for ever', async () => {
    await using store = new MemoryEventStore();
    await store.open();
    const places = new WorkspacePlaces({ clock, held, store, membership: new Members(clock) });
    const create = { userId: '', title: '' };
    const set = { desired: 'running', due: true } as const;
    for (const sid of ['soon', 'never'])
      await store.append({ sid, events: [], at: 0, writer: writerOf.user(''), create, set });
    const found = new Map<string, WorkspacePlace>();
    for (const sid of ['soon', 'never']) {
      const conversation = await store.conversation(sid);
      if (conversation === null) throw new Error('It was not created.');
      void places.of(conversation).then((place) => found.set(sid, place));
    }
    await clock.advance(100);
    expect(found.size).toBe(0);
    await store.claim('soon', 'other');
    await clock.advance(100);
    expect([...found]).toEqual([['soon', { at: 'node', url: 'http://other' }]]);
    await clock.advance(3_000);
    expect(found.get('never')).toEqual({ at: 'here' });
  });
});
