/** Starting, stopping, and what is attached meanwhile. */
import { describe, expect, it } from 'vitest';
import { runCommand } from '../../src/agent/actions.ts';
import { type CreateManager, failure, fresh, until, World } from './conversation-manager-fixtures.ts';

export function lifeSuite(create: CreateManager, world: () => World): void {
  describe('a manager', () => {
    it('leaves no timer, no loop and no runtime behind, whatever was going on, and however often it is told to end', async () => {
      await using world = await World.open(create, { closeDelayMs: 60_000 });
      const { manager } = world;
      const [user, busy, idle] = [fresh('user'), fresh('busy'), fresh('idle')];
      await manager.maybeStartAgentLoop(busy, null, user, { content: '$ sleep' });
      await world.begun(busy, 'sleep');
      await world.settled(idle, user, '$ ls');
      await manager.joinConversation(idle, fresh('connection'), null, user);
      await manager.addCallback(idle, () => {});
      const held = await world.attached(busy, user);
      await held.runtime.execute(runCommand('ls'), { signal: new AbortController().signal });
      await manager.detachFromConversation(await world.attached(idle, user));
      for (const node of world.nodes) {
        await Promise.all([node[Symbol.asyncDispose](), node[Symbol.asyncDispose]()]);
        await node[Symbol.asyncDispose]();
      }
      expect(world.seen.timers).toBe(0);
      expect(world.seen.openRuntimes).toBe(0);
      expect(world.executed(busy)).not.toContain('sleep: under way');
      expect(await manager.isReady()).toBe(false);
    });

    it('refuses what comes after its end', async () => {
      await using world = await World.open(create);
      const { manager } = world;
      const [sid, user, connection] = [fresh('sid'), fresh('user'), fresh('connection')];
      await world.settled(sid, user, 'Hello.');
      await manager.joinConversation(sid, connection, null, user);
      await manager[Symbol.asyncDispose]();
      await expect(manager.maybeStartAgentLoop(sid, null, user)).rejects.toSatisfy(failure('draining'));
      await expect(manager.joinConversation(sid, connection, null, user)).rejects.toSatisfy(
        failure('draining'),
      );
      await expect(manager.attachToConversation(sid, user)).rejects.toSatisfy(failure('draining'));
      await expect(manager.sendEventToConversation(sid, {}, user)).rejects.toSatisfy(failure('draining'));
    });

    it('accepts nothing that it does not store: what is sent at its end is stored or refused', async () => {
      await using world = await World.open(create);
      const { manager } = world;
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world.settled(sid, user, 'Hello.');
      const sending = Array.from({ length: 20 }, (_, index) => world.say(sid, user, `message ${index}`));
      const ending = manager[Symbol.asyncDispose]();
      const results = await Promise.allSettled(sending);
      await ending;
      await world.restart();
      const log = await world.log(sid, user);
      for (const [index, result] of results.entries()) {
        const stored = log.find((event) => event.message === `message ${index}`);
        if (result.status === 'fulfilled') expect(stored?.id).toBe(result.value.id);
        else expect(failure('draining')(result.reason)).toBe(true);
      }
    });
  });

  describe('a manager that serves', () => {
    it('is ready, and starting it again changes nothing', async () => {
      expect(await world().manager.isReady()).toBe(true);
      await world().manager.start();
      expect(await world().manager.isReady()).toBe(true);
    });
  });

  describe('a handle', () => {
    it('is null where there is no such conversation', async () => {
      expect(await world().manager.attachToConversation(fresh('sid'), fresh('user'))).toBeNull();
    });

    it('is shared by those who attach at the same time and later', async () => {
      const { manager } = world();
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'Hello.');
      const [one, two] = await Promise.all([
        manager.attachToConversation(sid, user),
        manager.attachToConversation(sid, user),
      ]);
      expect(one).not.toBeNull();
      expect(two).toBe(one);
      expect(await manager.attachToConversation(sid, user)).toBe(one);
    });

    it('gives the log, and a runtime of its own, also where no loop runs', async () => {
      const { manager } = world();
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'Hello.');
      await manager.closeSession(sid);
      const handle = await world().attached(sid, user);
      expect(handle).toMatchObject({ sid, userId: user });
      expect(await handle.eventStream.head()).toBe((await world().record(sid, user)).head);
      const signal = new AbortController().signal;
      const observation = await handle.runtime.execute(runCommand('pwd'), { signal });
      expect(observation).toMatchObject({ content: 'did pwd' });
      expect(await manager.isAgentLoopRunning(sid)).toBe(false);
    });

    it('of one conversation is not delayed by another whose workspace is slow', async () => {
      const { manager, gates } = world();
      const [slow, quick, user] = [fresh('slow'), fresh('quick'), fresh('user')];
      for (const sid of [slow, quick]) await world().settled(sid, user, 'Hello.');
      const gate = Promise.withResolvers<void>();
      gates.set(slow, gate.promise);
      let isThere = false;
      const waiting = manager.attachToConversation(slow, user).finally(() => {
        isThere = true;
      });
      expect(await manager.attachToConversation(quick, user)).not.toBeNull();
      expect(isThere).toBe(false);
      gate.resolve();
      expect(await waiting).not.toBeNull();
    });

    it('may be given back more often than it was taken', async () => {
      const { manager } = world();
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'Hello.');
      const handle = await world().attached(sid, user);
      await manager.detachFromConversation(handle);
      await manager.detachFromConversation(handle);
      await manager.detachFromConversation({ ...handle });
      expect(await manager.attachToConversation(sid, user)).toBe(handle);
    });

    it('is disconnected when the conversation is deleted', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'Hello.');
      const open = world().seen.openRuntimes;
      await world().attached(sid, user);
      expect(world().seen.openRuntimes).toBe(open + 1);
      await world().manager.deleteConversation(sid, user);
      await until(() => world().seen.openRuntimes === open);
    });
  });
}
