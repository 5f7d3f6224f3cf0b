/** What only a cluster can do; what any manager does is in test/conformance, which runs on two nodes as well. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../test/conformance/conversation-manager-fixtures.ts';
import { Life } from '../../test/conformance/process-life.ts';
import { lines } from '../../test/fixtures/event-log.ts';
import { MemoryCluster } from '../../test/fixtures/memory-cluster.ts';
import { AgentRegistry } from '../agent/agent-registry.ts';
import { systemClock } from '../clock.ts';
import type { Membership } from '../cluster/membership.ts';
import type { StoredEvent } from '../events/event.ts';
import { MemoryRuntimeProvider } from '../runtime/memory-runtime.ts';
import { writerOf } from '../store/event-store.ts';
import { MemoryEventCore } from '../store/memory-event-core.ts';
import { MemoryEventStore } from '../store/memory-event-store.ts';
import { CoreConversationManager } from './core-manager.ts';

interface Node {
  readonly manager: CoreConversationManager;
  readonly membership: Membership;
  readonly runtimes: MemoryRuntimeProvider;
  readonly life: Life;
}

describe('several nodes', () => {
  let core: MemoryEventCore;
  let cluster: MemoryCluster;
  let nodes: Node[];
  let errors: unknown[];

  beforeEach(() => {
    core = new MemoryEventCore();
    cluster = new MemoryCluster(systemClock);
    nodes = [];
    errors = [];
  });
  afterEach(async () => {
    for (const { life, manager } of nodes) if (!life.isOver) await manager[Symbol.asyncDispose]();
    expect(errors).toEqual([]);
  });

  /** A new node. Commands: `sleep` takes ten minutes, all others end at once. */
  async function node(): Promise<Node> {
    const made = await make();
    await made.manager.start();
    return made;
  }

  async function make(): Promise<Node> {
    const life = new Life();
    const clock = life.clock(systemClock);
    const store = new MemoryEventStore(core);
    await store.open();
    const membership = cluster.membership();
    const runtimes = new MemoryRuntimeProvider({
      clock,
      script: (action) => ({
        content: 'done',
        afterMs: action.action === 'run' && action.args.command === 'sleep' ? 600_000 : 0,
      }),
    });
    const onError = (error: unknown): void => {
      if (!life.isOver) errors.push(error);
    };
    const manager = new CoreConversationManager(
      {
        store: life.store(store, { onAppend: () => {} }),
        bus: cluster.bus(),
        presence: cluster.presence(),
        membership,
        runtimes,
        clock,
      },
      {
        agents: new AgentRegistry(),
        sealingKey: new Uint8Array(32).fill(7),
        defaults: { maxIterations: 100, maxBudget: null, confirmationMode: false },
        maxConversationsPerUser: null,
        closeDelayMs: 0,
        drainGraceMs: 50,
        reconcileMs: 200,
        onError,
      },
    );
    const made = { manager, membership, runtimes, life };
    nodes.push(made);
    return made;
  }

  const commands = ({ runtimes }: Node): string[] =>
    runtimes.executed.map(({ action }) => (action.action === 'run' ? action.args.command : action.action));
  const log = (sid: string): readonly StoredEvent[] => core.events({ sid, limit: 1000 }).events;
  const owner = (sid: string): string | null => core.conversation(sid)?.owner ?? null;
  const works = async (on: Node, sid: string, content = '$ sleep\n$ then'): Promise<void> => {
    await on.manager.maybeStartAgentLoop(sid, null, '', { content });
    await until(() => commands(on).includes('sleep'));
  };

  it('what a node leaves that dies goes on elsewhere, with nobody watching', async () => {
    const [one, two] = [await node(), await node()];
    await works(one, 'a');
    one.life.isOver = true;
    cluster.die(one.membership.incarnation);
    await until(() => commands(two).includes('then'));
    expect(commands(two)).toEqual(['then']); // what may have taken effect is not repeated
    expect(lines(log('a')).filter((line) => line.startsWith('error of'))).toHaveLength(1);
    expect(core.conversation('a')).toMatchObject({ owner: two.membership.incarnation, epoch: 2 });
  });

  it('a node that was taken for dead and lives writes nothing more, and joins as another one', async () => {
    const [one, two] = [await node(), await node()];
    await works(one, 'a');
    const before = one.membership.incarnation;
    await cluster.suspect(one.membership);
    expect(one.membership.incarnation).not.toBe(before);
    await until(() => owner('a') !== before && !(core.conversation('a')?.due ?? true));
    const answers = lines(log('a')).filter((line) => line.startsWith('error of'));
    expect(answers).toHaveLength(1);
    expect([...commands(one), ...commands(two)].filter((command) => command === 'then')).toHaveLength(1);
    await one.manager.maybeStartAgentLoop('b', null, '', { content: '$ pwd' });
    await until(() => commands(one).includes('pwd'));
    expect(owner('b')).toBe(one.membership.incarnation);
  });

  it('a node that stops hands over what it has, at once', async () => {
    const [one, two] = [await node(), await node()];
    await works(one, 'a');
    const begun = performance.now();
    await one.manager[Symbol.asyncDispose]();
    await until(() => commands(two).includes('then'));
    expect(performance.now() - begun).toBeLessThan(500);
    expect(owner('a')).toBe(two.membership.incarnation);
    one.life.isOver = true;
  });

  it('a node that is told to stop while it starts takes nothing up', async () => {
    const one = await node();
    await works(one, 'a');
    one.life.isOver = true;
    cluster.die(one.membership.incarnation);
    const two = await make();
    const starting = two.manager.start();
    await Promise.all([
      expect(starting).rejects.toMatchObject({ code: 'draining' }),
      two.manager[Symbol.asyncDispose](),
    ]);
    expect(owner('a')).toBe(one.membership.incarnation);
    expect(commands(two)).toEqual([]);
    await expect(two.manager.start()).rejects.toMatchObject({ code: 'draining' });
  });

  it('a close is carried out by whoever asks for it, where the owner hangs', async () => {
    const [one, two] = [await node(), await node()];
    await works(one, 'a');
    one.life.isOver = true; // nobody knows yet
    await two.manager.closeSession('a');
    expect(core.conversation('a')).toMatchObject({ owner: null, agentState: 'stopped', executing: null });
    expect(lines(log('a')).at(-1)).toMatch(/^stopped of/);
  });

  it('a close is carried out by whoever asks for it, where the owner gives up without that', async () => {
    const [one, two] = [await node(), await node()];
    await works(one, 'a');
    one.life.isOver = true;
    const closing = two.manager.closeSession('a');
    await until(() => core.conversation('a')?.desired === 'stopped');
    core.release('a', 1);
    await closing;
    expect(core.conversation('a')).toMatchObject({ owner: null, agentState: 'stopped', executing: null });
  });

  it('a close is carried out also where the loop of this node loses the conversation meanwhile', async () => {
    const one = await node();
    await works(one, 'a');
    core.claim('a', 'another node', [one.membership.incarnation]);
    const closing = one.manager.closeSession('a');
    await until(() => core.conversation('a')?.desired === 'stopped');
    core.release('a', 2);
    await closing;
    expect(core.conversation('a')).toMatchObject({ owner: null, agentState: 'stopped', executing: null });
  });

  it('what another node has just been asked for is left to it for a moment', async () => {
    await node();
    await node();
    const store = new MemoryEventStore(core);
    await store.open();
    const ask = (sid: string, at: number): Promise<unknown> =>
      store.append({
        sid,
        at,
        events: [],
        writer: writerOf.user(''),
        create: { userId: '', title: '' },
        set: { desired: 'running', due: true },
      });
    await ask('now', systemClock.now());
    await ask('before', systemClock.now() - 10_000);
    await until(() => owner('before') !== null);
    expect(owner('now')).toBeNull();
    await until(() => owner('now') !== null);
  });

  it('what is deleted on one node ends on the node that runs it', async () => {
    const [one, two] = [await node(), await node()];
    await works(one, 'a');
    expect(await two.manager.deleteConversation('a')).toBe(true);
    await until(async () => !(await one.manager.isAgentLoopRunning('a')));
    expect(await one.manager.attachToConversation('a')).toBeNull();
  });

  it('what many leave is shared among those that take it on', async () => {
    const [one, two, three] = [await node(), await node(), await node()];
    const sids = Array.from({ length: 60 }, (_, index) => `s${index}`);
    for (const sid of sids) await works(one, sid, '$ sleep');
    one.life.isOver = true;
    cluster.die(one.membership.incarnation);
    await until(() => sids.every((sid) => owner(sid) !== one.membership.incarnation));
    for (const { membership } of [two, three]) {
      const taken = sids.filter((sid) => owner(sid) === membership.incarnation);
      expect(taken.length).toBeGreaterThan(10);
    }
  });

  it('every node tells the same of all of them', async () => {
    const [one, two] = [await node(), await node()];
    await works(one, 'a');
    await works(two, 'b');
    for (const { manager } of [one, two]) {
      expect(await manager.getRunningAgentLoops()).toEqual(new Set(['a', 'b']));
      expect(await manager.isAgentLoopRunning('a')).toBe(true);
      const infos = await manager.getAgentLoopInfo();
      expect(infos.map(({ node: of, sid }) => [sid, of]).sort()).toEqual([
        ['a', one.membership.incarnation],
        ['b', two.membership.incarnation],
      ]);
      expect(new Set(infos.map(({ agent }) => agent))).toEqual(new Set(['ShellAgent']));
      const { nodes: shown } = await manager.clusterInfo();
      expect(shown.map(({ id, running }) => [id, running])).toEqual([
        [one.membership.incarnation, ['a']],
        [two.membership.incarnation, ['b']],
      ]);
      expect((await manager.clusterInfo('b')).nodes.map(({ running }) => running)).toEqual([[], ['b']]);
    }
  });
});
