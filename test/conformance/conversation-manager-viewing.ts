/** Joining, leaving, and what is known of who is there and what runs. */
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../src/cluster/bus.ts';
import type { StoredEvent } from '../../src/events/event.ts';
import { failure, fresh, until, type World } from './conversation-manager-fixtures.ts';

export function viewingSuite(world: () => World): void {
  describe('joining', () => {
    it('gives the log, and is known on every node', async () => {
      const [sid, user, connection] = [fresh('sid'), fresh('user'), fresh('connection')];
      await world().settled(sid, user, 'Hello.');
      const stream = await world().manager.joinConversation(sid, connection, null, user);
      expect(stream?.sid).toBe(sid);
      for (const node of world().nodes)
        expect(await node.getConnections(user)).toEqual(new Map([[connection, sid]]));
    });

    it('what does not exist is null, and nobody is recorded', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      expect(await world().manager.joinConversation(sid, fresh('connection'), null, user)).toBeNull();
      expect(await world().manager.getConnections(user)).toEqual(new Map());
      expect(await world().manager.getConversation(sid, user)).toBeNull();
    });

    it('does not revive what was closed', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'Hello.');
      await world().manager.closeSession(sid);
      const { head } = await world().record(sid, user);
      expect(await world().other.joinConversation(sid, fresh('connection'), null, user)).not.toBeNull();
      expect(await world().manager.isAgentLoopRunning(sid)).toBe(false);
      await world().settled(fresh('sid'), user, 'something else');
      expect(await world().manager.isAgentLoopRunning(sid)).toBe(false);
      expect(await world().record(sid, user)).toMatchObject({ desired: 'stopped', head });
    });

    it('another conversation with the same connection leaves the first', async () => {
      const [one, two, user, connection] = [fresh('sid'), fresh('sid'), fresh('user'), fresh('connection')];
      for (const sid of [one, two]) {
        await world().settled(sid, user, 'Hello.');
        await world().manager.joinConversation(sid, connection, null, user);
      }
      expect(await world().manager.getConnections(user)).toEqual(new Map([[connection, two]]));
      const { id } = await world().manager.sendToEventStream(connection, {
        action: 'message',
        args: { content: 'hi' },
      });
      expect((await world().log(two, user))[id]?.message).toBe('hi');
    });

    it('shows every event once and in order, to each who is there', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().manager.maybeStartAgentLoop(sid, null, user, { content: '$ one\n$ two' });
      const viewers = [await world().watch(sid, fresh('connection'), user)];
      await world().say(sid, user, '$ three');
      viewers.push(await world().watch(sid, fresh('connection'), user));
      const { head } = await world().rest(sid, user);
      await until(() => viewers.every(({ events }) => events.at(-1)?.id === head));
      const log = await world().log(sid, user);
      for (const { events } of viewers) expect(events).toEqual(log);
    });
  });

  describe('leaving', () => {
    it('is known on every node, and the loop keeps running', async () => {
      const [sid, user, connection] = [fresh('sid'), fresh('user'), fresh('connection')];
      await world().manager.maybeStartAgentLoop(sid, null, user, { content: '$ nap' });
      await world().manager.joinConversation(sid, connection, null, user);
      await world().manager.disconnectFromSession(connection);
      for (const node of world().nodes) expect(await node.getConnections(user)).toEqual(new Map());
      await world().rest(sid, user);
      expect(world().executed(sid)).toEqual(['nap: answered']);
      expect(await world().manager.isAgentLoopRunning(sid)).toBe(true);
    });

    it('without having been there is harmless, as is leaving twice', async () => {
      await world().manager.disconnectFromSession(fresh('connection'));
      const [sid, user, connection] = [fresh('sid'), fresh('user'), fresh('connection')];
      await world().settled(sid, user, 'Hello.');
      await world().manager.joinConversation(sid, connection, null, user);
      await world().manager.disconnectFromSession(connection);
      await world().manager.disconnectFromSession(connection);
    });
  });

  describe('who is there', () => {
    it('is told by user and by conversation', async () => {
      const [ann, bob] = [fresh('ann'), fresh('bob')];
      const sids = { a1: fresh('sid'), a2: fresh('sid'), b: fresh('sid') };
      const connections = { a1: fresh('connection'), a2: fresh('connection'), b: fresh('connection') };
      for (const [name, user] of [
        ['a1', ann],
        ['a2', ann],
        ['b', bob],
      ] as const) {
        await world().settled(sids[name], user, 'Hello.');
        await world().manager.joinConversation(sids[name], connections[name], null, user);
      }
      const all = async (userId?: string, filterToSids?: ReadonlySet<string>) =>
        [...(await world().other.getConnections(userId, filterToSids)).keys()].sort();
      expect(await all(ann)).toEqual([connections.a1, connections.a2].sort());
      expect(await all(ann, new Set([sids.a2, sids.b]))).toEqual([connections.a2]);
      expect(await all(undefined, new Set([sids.a1, sids.b]))).toEqual(
        [connections.a1, connections.b].sort(),
      );
      expect(await all(bob, new Set())).toEqual([]);
      expect(await all()).toEqual(expect.arrayContaining(Object.values(connections)));
    });
  });

  describe('what runs', () => {
    it('is told by user and by conversation', async () => {
      const [ann, bob] = [fresh('ann'), fresh('bob')];
      const [a1, a2, closed, b] = [fresh('sid'), fresh('sid'), fresh('sid'), fresh('sid')];
      for (const sid of [a1, a2, closed]) await world().settled(sid, ann, 'Hello.');
      await world().settled(b, bob, 'Hello.');
      await world().manager.closeSession(closed);
      const { other } = world();
      expect(await other.getRunningAgentLoops(ann)).toEqual(new Set([a1, a2]));
      expect(await other.getRunningAgentLoops(ann, new Set([a2, b, closed]))).toEqual(new Set([a2]));
      expect(await other.getRunningAgentLoops(undefined, new Set([a1, b, closed]))).toEqual(new Set([a1, b]));
      expect(await other.getRunningAgentLoops(bob, new Set())).toEqual(new Set());
      expect(await other.getRunningAgentLoops()).toEqual(
        new Set([...(await other.getRunningAgentLoops()), a1, a2, b]),
      );
      for (const [sid, runs] of [
        [a1, true],
        [closed, false],
        [fresh('sid'), false],
      ] as const) {
        expect(await other.isAgentLoopRunning(sid)).toBe(runs);
      }
    });

    it('is told with its node, its agent and its state', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'Hello.');
      const infos = await world().other.getAgentLoopInfo(user);
      expect(infos).toMatchObject([
        { sid, userId: user, agentState: 'awaiting_user_input', agent: 'ShellAgent', epoch: 1 },
      ]);
      const { nodes } = await world().manager.clusterInfo(sid);
      expect(nodes.filter((node) => node.running.includes(sid)).map((node) => node.id)).toEqual([
        infos[0]?.node,
      ]);
      expect(await world().manager.getAgentLoopInfo(user, new Set([fresh('sid')]))).toEqual([]);
    });

    it('is told of the whole cluster, or of one conversation', async () => {
      const [one, two, user] = [fresh('sid'), fresh('sid'), fresh('user')];
      for (const sid of [one, two]) await world().settled(sid, user, 'Hello.');
      const all = await world().manager.clusterInfo();
      const running = all.nodes.flatMap((node) => node.running);
      expect(running).toEqual(expect.arrayContaining([one, two]));
      expect(
        all.nodes.every((node) => node.live && !node.draining && node.load === node.running.length),
      ).toBe(true);
      const narrow = await world().manager.clusterInfo(one);
      expect(narrow.nodes.flatMap((node) => node.running)).toEqual([one]);
    });
  });

  describe('a callback', () => {
    it('is called with every event from then on, in order, until it is removed', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, '$ one');
      const before = (await world().record(sid, user)).head;
      const seen: StoredEvent[] = [];
      const sids = new Set<string>();
      const remove = await world().other.addCallback(sid, (event, of) => {
        seen.push(event);
        sids.add(of);
      });
      await world().say(sid, user, '$ two');
      const { head } = await world().rest(sid, user);
      await until(() => seen.at(-1)?.id === head);
      remove();
      remove();
      await world().say(sid, user, '$ three');
      await world().rest(sid, user);
      expect(seen).toEqual((await world().log(sid, user)).slice(before + 1, head + 1));
      expect(sids).toEqual(new Set([sid]));
    });

    it('may remove itself while it is called', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'Hello.');
      const seen: number[] = [];
      const remove = await world().manager.addCallback(sid, (event) => {
        seen.push(event.id);
        remove();
      });
      await world().say(sid, user, '$ one');
      await world().rest(sid, user);
      expect(seen).toHaveLength(1);
    });

    it('that throws is reported, and goes on being called', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'Hello.');
      const remove = await world().manager.addCallback(sid, () => {
        throw new Error('not ready');
      });
      const { errors } = world().seen;
      await world().say(sid, user, '$ ls');
      await world().rest(sid, user);
      await until(() => errors.length > 1);
      remove();
      expect(world().executed(sid)).toEqual(['ls: answered']);
      expect(errors.splice(0).every((error) => error instanceof Error && error.message === 'not ready')).toBe(
        true,
      );
    });

    it('of a conversation that does not exist is refused', async () => {
      await expect(world().manager.addCallback(fresh('sid'), () => {})).rejects.toSatisfy(
        failure('conversation_not_found'),
      );
    });
  });

  describe('watching frames', () => {
    it('shows what commands print, until it ends', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'Hello.');
      const frames: Frame[] = [];
      const stop = world().other.watchFrames(sid, (frame) => frames.push(frame));
      // A frame is lost where another node has not yet heard of who watches.
      await until(async () => {
        await world().say(sid, user, '$ ls');
        await world().rest(sid, user);
        return frames.length > 0;
      });
      expect(frames[0]).toMatchObject({ type: 'delta', kind: 'output', text: 'did ls' });
      stop();
      const seen = frames.length;
      await world().say(sid, user, '$ pwd');
      await world().rest(sid, user);
      expect(frames).toHaveLength(seen);
    });
  });
}
