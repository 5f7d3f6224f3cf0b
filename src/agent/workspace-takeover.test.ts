/** What a loop does about a workspace that only its own node has. */
import { describe, expect, it } from 'vitest';
import { message, ownRun } from '../../test/fixtures/event-log.ts';
import { LoopWorld, type LoopWorldOptions } from '../../test/fixtures/loop-world.ts';
import { isObservation, type StoredEvent } from '../events/event.ts';
import type { HeldWorkspaces } from '../runtime/held-workspaces.ts';
import { scriptedAgent } from '../testing/scripted-agent.ts';
import { runCommand, say } from './actions.ts';
import { WORKSPACE_ERROR } from './loop-state.ts';

class Held implements HeldWorkspaces {
  readonly epochs = new Map<string, number>();
  /** Whether the next `hold` fails, as where the disk is full. */
  isFull = false;

  async epochOf(sid: string): Promise<number | null> {
    return this.epochs.get(sid) ?? null;
  }

  async hold(sid: string, epoch: number): Promise<void> {
    if (this.isFull) throw new Error('no space left');
    this.epochs.set(sid, epoch);
  }
}

function worldOf(options: Partial<LoopWorldOptions> = {}): LoopWorld {
  const step = [runCommand('make'), say('Made.')];
  return new LoopWorld({ agent: scriptedAgent([...step, ...step, ...step, ...step]), ...options });
}

async function startAt(world: LoopWorld, held: Held | null): Promise<void> {
  world.held = held;
  await world.start();
  await world.settle();
}

function notices(log: readonly StoredEvent[]): StoredEvent[] {
  return log.filter(
    (event) =>
      isObservation(event) && event.observation === 'error' && event.extras.error_id === WORKSPACE_ERROR,
  );
}

/** A conversation in which node `one` has made something. */
async function made(world: LoopWorld, one: Held | null): Promise<void> {
  world.held = one;
  await world.begin(message('go'));
  expect(world.executed).toEqual(['make: answered']);
}

describe('who takes a conversation over from a node that has its workspaces to itself', () => {
  it('says once that the files are gone, before anything is done', async () => {
    await using world = worldOf();
    const [one, two] = [new Held(), new Held()];
    await made(world, one);
    await world.user(message('and now?'));
    await startAt(world, two);
    const [notice, ...more] = notices(world.log);
    expect(more).toEqual([]);
    expect(notice).toMatchObject({ source: 'environment', content: expect.stringContaining('is gone') });
    const next = world.log.findLast((event) => 'action' in event && event.action === 'run');
    expect(next?.id).toBeGreaterThan(notice?.id ?? 0);
    await startAt(world, two);
    await startAt(world, two);
    expect(notices(world.log)).toHaveLength(1);
  });

  it('says nothing where workspaces are shared, nor where the same node goes on', async () => {
    for (const one of [null, new Held()]) {
      await using world = worldOf();
      await made(world, one);
      await startAt(world, one);
      await world.user(message('and now?'));
      await startAt(world, one);
      expect(notices(world.log)).toEqual([]);
    }
  });

  it('says nothing where nothing was done there', async () => {
    await using world = worldOf({ agent: scriptedAgent([say('Hello.')]) });
    world.held = new Held();
    await world.begin(message('hi'));
    await startAt(world, new Held());
    expect(notices(world.log)).toEqual([]);
  });

  it('says nothing at the first start of a conversation whose log was imported', async () => {
    await using world = worldOf();
    await world.store.open();
    await world.user(message('go'), ownRun('touch a'));
    await startAt(world, new Held());
    expect(notices(world.log)).toEqual([]);
  });

  it('counts what a user has run, and what a killed node had under way', async () => {
    await using world = worldOf({ script: () => ({ content: '', afterMs: 60_000 }) });
    world.held = new Held();
    await world.begin(ownRun('touch a'));
    await startAt(world, new Held());
    expect(notices(world.log)).toHaveLength(1);
  });

  it('does not say it again after a crash between the notice and the hold, nor forget it', async () => {
    await using world = worldOf();
    await made(world, new Held());
    const two = new Held();
    two.isFull = true;
    await startAt(world, two);
    expect(notices(world.log)).toHaveLength(1);
    expect(world.errors).toHaveLength(1);
    two.isFull = false;
    await startAt(world, two);
    expect(notices(world.log)).toHaveLength(1);
    expect(two.epochs.size).toBe(1);
  });

  it('says that files are older where it had the conversation before', async () => {
    await using world = worldOf();
    const [one, two] = [new Held(), new Held()];
    await made(world, one);
    await world.user(message('again'));
    await startAt(world, two);
    await world.user(message('and again'));
    await startAt(world, one);
    const found = notices(world.log);
    expect(found.map((event) => ('content' in event ? event.content : ''))).toEqual([
      expect.stringContaining('has none of its files'),
      expect.stringContaining('as they were when it left'),
    ]);
  });

  it('clones the repository again', async () => {
    let cloned = 0;
    await using world = worldOf({
      repository: {
        name: 'o/r',
        clone: async () => {
          cloned += 1;
          return { branch: 'main', folder: 'r', kept: false };
        },
      },
    });
    await made(world, new Held());
    expect(cloned).toBe(1);
    await world.user(message('and now?'));
    await startAt(world, new Held());
    expect(notices(world.log)).toMatchObject([{ content: expect.stringContaining('cloned again') }]);
    expect(cloned).toBe(2);
  });

  it('leaves a conversation alone that it only closes', async () => {
    await using world = worldOf();
    await made(world, new Held());
    await world.close();
    const two = new Held();
    await startAt(world, two);
    expect(world.record.agentState).toBe('stopped');
    expect(notices(world.log)).toEqual([]);
    expect(two.epochs.size).toBe(0);
  });
});
