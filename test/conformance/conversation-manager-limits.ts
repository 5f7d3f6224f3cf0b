/** The limit of running conversations, and the closing of those that nobody uses. */
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../src/cluster/bus.ts';
import {
  type CreateManager,
  fresh,
  nextMillisecond,
  sharedWorld,
  statuses,
  until,
  World,
} from './conversation-manager-fixtures.ts';

const TOO_MANY = 'AGENT_ERROR$TOO_MANY_CONVERSATIONS';

export function limitSuite(create: CreateManager): void {
  describe('a limit of two', () => {
    const world = sharedWorld(create, { maxConversationsPerUser: 2 });

    /** A user whose conversations rest, the least recently active first. */
    async function resting(count: number): Promise<{ user: string; sids: string[] }> {
      const user = fresh('user');
      const sids: string[] = [];
      for (let index = 0; index < count; index += 1) {
        const sid = fresh('sid');
        await world().settled(sid, user, 'Hello.');
        sids.push(sid);
        await nextMillisecond();
      }
      return { user, sids };
    }

    async function busy(user: string): Promise<string> {
      const sid = fresh('busy');
      await world().manager.maybeStartAgentLoop(sid, null, user, { content: '$ sleep' });
      await world().begun(sid, 'sleep');
      return sid;
    }

    const desired = async (user: string, ...sids: string[]) =>
      Promise.all(sids.map(async (sid) => (await world().record(sid, user)).desired));

    it('is kept by closing the least recently active conversation that rests, and only that one', async () => {
      const { user, sids } = await resting(2);
      const [one = '', two = ''] = sids;
      await world().say(one, user, 'Hello again.');
      await world().rest(one, user);
      const three = fresh('sid');
      await world().settled(three, user, '$ ls');
      expect(await desired(user, one, two, three)).toEqual(['running', 'stopped', 'running']);
      expect((await world().record(two, user)).agentState).toBe('stopped');
      expect(await world().manager.getRunningAgentLoops(user)).toEqual(new Set([one, three]));
    });

    it('holds for a conversation that is revived by a message too', async () => {
      const { user, sids } = await resting(3);
      const [one = '', two = '', three = ''] = sids;
      expect(await desired(user, one, two, three)).toEqual(['stopped', 'running', 'running']);
      await world().say(one, user, '$ ls');
      await until(() => world().executed(one).includes('ls: answered'));
      expect(await desired(user, one, two, three)).toEqual(['running', 'stopped', 'running']);
    });

    it('never closes one that works: what is over the limit is stored, told of, and waits', async () => {
      const user = fresh('user');
      const working = [await busy(user), await busy(user)];
      const [sid, connection] = [fresh('sid'), fresh('connection')];
      const frames: Frame[] = [];
      const unwatch = world().other.watchFrames(sid, (frame) => frames.push(frame));
      await world().manager.maybeStartAgentLoop(sid, null, user, { content: '$ ls' });
      await until(() => statuses(frames, TOO_MANY).length > 0);
      unwatch();
      expect(await world().record(sid, user)).toMatchObject({ desired: 'waiting', due: true });
      expect(await world().lines(sid, user)).toEqual(['user message']);
      expect(await world().manager.isAgentLoopRunning(sid)).toBe(false);
      await world().manager.joinConversation(sid, connection, null, user);
      const sent = await world().manager.sendToEventStream(connection, {
        action: 'message',
        args: { content: '$ pwd' },
      });
      expect(sent).toEqual({ id: 1, waiting: true });
      expect(await desired(user, ...working)).toEqual(['running', 'running']);
      expect(working.map((one) => world().executed(one))).toEqual([
        ['sleep: under way'],
        ['sleep: under way'],
      ]);
      await world().manager.closeSession(working[0] ?? '');
      await world().rest(sid, user);
      expect(world().executed(sid)).toEqual(['ls: answered', 'pwd: answered']);
    });

    it('never closes one that somebody watches', async () => {
      const { user, sids } = await resting(2);
      const connections = sids.map(() => fresh('connection'));
      for (const [index, sid] of sids.entries()) {
        await world().manager.joinConversation(sid, connections[index] ?? '', null, user);
      }
      const three = fresh('sid');
      await world().manager.maybeStartAgentLoop(three, null, user, { content: '$ ls' });
      expect(await desired(user, ...sids, three)).toEqual(['running', 'running', 'waiting']);
      await world().manager.deleteConversation(sids[0] ?? '', user);
      await world().rest(three, user);
      expect(world().executed(three)).toEqual(['ls: answered']);
    });

    it('gives a place that becomes free to whoever has waited longest', async () => {
      const user = fresh('user');
      const working = [await busy(user), await busy(user)];
      const waiting = [fresh('sid'), fresh('sid')];
      for (const sid of waiting) {
        await world().manager.maybeStartAgentLoop(sid, null, user, { content: '$ sleep' });
        await nextMillisecond();
      }
      await world().other.closeSession(working[1] ?? '');
      await world().begun(waiting[0] ?? '', 'sleep');
      expect(await desired(user, ...waiting)).toEqual(['running', 'waiting']);
      await world().other.closeSession(working[0] ?? '');
      await world().begun(waiting[1] ?? '', 'sleep');
    });

    it('is each user’s own', async () => {
      const [ann, bob] = [await resting(2), await resting(2)];
      expect(await desired(ann.user, ...ann.sids)).toEqual(['running', 'running']);
      expect(await desired(bob.user, ...bob.sids)).toEqual(['running', 'running']);
    });

    it('holds however many are started at the same time', async () => {
      const user = fresh('user');
      const sids = Array.from({ length: 6 }, () => fresh('sid'));
      await Promise.all(
        sids.map((sid, index) =>
          (index % 2 ? world().manager : world().other).maybeStartAgentLoop(sid, null, user, {
            content: '$ sleep',
          }),
        ),
      );
      await until(() => sids.filter((sid) => world().executed(sid).length > 0).length === 2);
      const wishes = await desired(user, ...sids);
      expect(wishes.filter((wish) => wish === 'running')).toHaveLength(2);
      expect(wishes.filter((wish) => wish === 'waiting')).toHaveLength(4);
      expect((await world().manager.getRunningAgentLoops(user)).size).toBe(2);
      for (const sid of sids) await world().manager.deleteConversation(sid, user);
    });

    it('lets what waits be closed, and be deleted', async () => {
      const user = fresh('user');
      await busy(user);
      await busy(user);
      const [closed, deleted] = [fresh('sid'), fresh('sid')];
      for (const sid of [closed, deleted]) {
        await world().manager.maybeStartAgentLoop(sid, null, user, { content: '$ ls' });
      }
      await world().manager.closeSession(closed);
      expect(await world().record(closed, user)).toMatchObject({
        desired: 'stopped',
        agentState: 'stopped',
        due: false,
      });
      expect(await world().manager.deleteConversation(deleted, user)).toBe(true);
      expect(world().executed(closed)).toEqual([]);
    });
  });

  describe('what waits', () => {
    it('waits still after a restart, and after a crash, and starts when a place is free', async () => {
      await using world = await World.open(create, { maxConversationsPerUser: 1 });
      const [user, working, sid] = [fresh('user'), fresh('busy'), fresh('sid')];
      await world.manager.maybeStartAgentLoop(working, null, user, {
        content: '$ sleep 1\n$ sleep 2\n$ sleep 3',
      });
      await world.begun(working, 'sleep 1');
      await world.manager.maybeStartAgentLoop(sid, null, user, { content: '$ ls' });
      expect((await world.record(sid, user)).desired).toBe('waiting');
      await world.restart();
      await world.begun(working, 'sleep 2');
      await world.crash();
      await world.begun(working, 'sleep 3');
      expect((await world.record(sid, user)).desired).toBe('waiting');
      await world.manager.closeSession(working);
      await world.rest(sid, user);
      expect(world.executed(sid)).toEqual(['ls: answered']);
    });

    it('starts when a place became free while nobody was there', async () => {
      await using world = await World.open(create, { maxConversationsPerUser: 1 });
      const [user, working, sid] = [fresh('user'), fresh('busy'), fresh('sid')];
      await world.manager.maybeStartAgentLoop(working, null, user, { content: '$ sleep' });
      await world.begun(working, 'sleep');
      await world.manager.maybeStartAgentLoop(sid, null, user, { content: '$ ls' });
      // A place is filled when all is removed: it does not come to that.
      world.gates.set(working, new Promise(() => {}));
      void world.manager.deleteConversation(working, user);
      await until(async () => (await world.manager.getConversation(working, user)) === null);
      await world.crash();
      await world.rest(sid, user);
      expect(world.executed(sid)).toEqual(['ls: answered']);
    });
  });

  it('a conversation that rests and is not loaded since a restart makes room too', async () => {
    await using world = await World.open(create, { maxConversationsPerUser: 1 });
    const [user, old, sid] = [fresh('user'), fresh('sid'), fresh('sid')];
    await world.settled(old, user, 'Hello.');
    await world.restart();
    expect(await world.manager.isAgentLoopRunning(old)).toBe(false);
    await world.settled(sid, user, '$ ls');
    expect(world.executed(sid)).toEqual(['ls: answered']);
    expect(await world.record(old, user)).toMatchObject({ desired: 'stopped', agentState: 'stopped' });
  });

  describe('a conversation that nobody uses', () => {
    const CLOSE_DELAY_MS = 200;
    const world = sharedWorld(create, { closeDelayMs: CLOSE_DELAY_MS });

    it('is closed after a while', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'Hello.');
      await until(async () => (await world().record(sid, user)).desired === 'stopped');
      expect((await world().lines(sid, user)).slice(-2)).toEqual([
        'environment change_agent_state',
        expect.stringMatching(/^stopped of/),
      ]);
      await until(async () => !(await world().manager.isAgentLoopRunning(sid)));
    });

    it('stays while somebody watches, and for a while after the last one has left', async () => {
      const [watched, other, user, connection] = [
        fresh('sid'),
        fresh('sid'),
        fresh('user'),
        fresh('connection'),
      ];
      await world().manager.maybeStartAgentLoop(watched, null, user, { content: 'Hello.' });
      await world().manager.joinConversation(watched, connection, null, user);
      await world().settled(other, user, 'Hello.');
      await until(async () => (await world().record(other, user)).desired === 'stopped');
      expect((await world().record(watched, user)).desired).toBe('running');
      const left = performance.now();
      await world().manager.disconnectFromSession(connection);
      await until(async () => (await world().record(watched, user)).desired === 'stopped');
      expect(performance.now() - left).toBeGreaterThanOrEqual(CLOSE_DELAY_MS);
    });

    it('is not one in which a command runs', async () => {
      const [working, other, user] = [fresh('sid'), fresh('sid'), fresh('user')];
      await world().manager.maybeStartAgentLoop(working, null, user, { content: '$ sleep' });
      await world().begun(working, 'sleep');
      await world().settled(other, user, 'Hello.');
      await until(async () => (await world().record(other, user)).desired === 'stopped');
      expect((await world().record(working, user)).desired).toBe('running');
      expect(world().executed(working)).toEqual(['sleep: under way']);
    });
  });
}
