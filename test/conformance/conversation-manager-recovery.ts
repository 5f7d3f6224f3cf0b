/** What is there after a restart and after a crash. */
import { beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../src/store/settings.ts';
import {
  type CreateManager,
  confirming,
  fresh,
  sharedWorld,
  until,
  type World,
} from './conversation-manager-fixtures.ts';

const ends: ['restart' | 'crash'][] = [['restart'], ['crash']];

export function recoverySuite(create: CreateManager): void {
  describe.each(ends)('after a %s', (end) => {
    const world = sharedWorld(create);
    const all = scenarios(world);
    const checks = new Map<string, () => Promise<void>>();

    beforeAll(async () => {
      for (const [what, begin] of Object.entries(all)) checks.set(what, await begin());
      await world()[end]();
    });

    it.each(Object.keys(all))('%s', async (what) => {
      const check = checks.get(what);
      if (check === undefined) throw new Error('It was not begun.');
      await check();
    });
  });

  const world = sharedWorld(create);

  it('a close that a crash comes upon is carried out by the next owner', async () => {
    const [sid, user] = [fresh('sid'), fresh('user')];
    await world().manager.maybeStartAgentLoop(sid, null, user, { content: '$ sleep\n$ two' });
    await world().begun(sid, 'sleep');
    const closed = world().manager.closeSession(sid);
    closed.catch(() => {}); // the crash may come upon this call too
    await until(async () => (await world().record(sid, user)).desired === 'stopped');
    await world().crash();
    await until(async () => {
      const { agentState, due, executing } = await world().record(sid, user);
      return agentState === 'stopped' && !due && executing === null;
    });
    expect((await world().lines(sid, user)).filter((line) => line.startsWith('error of'))).toHaveLength(1);
    expect(world().executed(sid)).toHaveLength(1);
    await until(async () => !(await world().manager.isAgentLoopRunning(sid)));
  });

  it('crashes in a row cost one answer for each command that they came upon', async () => {
    const [sid, user] = [fresh('sid'), fresh('user')];
    await world().manager.maybeStartAgentLoop(sid, null, user, { content: '$ sleep 1\n$ sleep 2\n$ ls' });
    await world().begun(sid, 'sleep 1');
    await world().crash();
    await world().begun(sid, 'sleep 2');
    await world().crash();
    await until(() => world().executed(sid).includes('ls: answered'));
    const lines = await world().lines(sid, user);
    expect(lines.filter((line) => line.startsWith('error of'))).toHaveLength(2);
    expect(world().executed(sid)).toHaveLength(3);
  });
}

/** What is there before the end of the process, by what must be so after it; each answers with how to see that. */
function scenarios(world: () => World): Record<string, () => Promise<() => Promise<void>>> {
  return {
    'everything is there, event for event': async () => {
      const [one, two, user] = [fresh('sid'), fresh('sid'), fresh('user')];
      for (const sid of [one, two]) await world().settled(sid, user, `$ ls ${sid}`);
      await world().manager.renameConversation(two, 'Renamed', user);
      const before = [await world().log(one, user), await world().log(two, user)];
      const records = (await world().manager.listConversations({ userId: user, limit: 10 })).conversations;
      return async () => {
        expect([await world().log(one, user), await world().log(two, user)]).toEqual(before);
        const after = (await world().manager.listConversations({ userId: user, limit: 10 })).conversations;
        const place = ({ sid, title, head, desired, agentState }: (typeof records)[number]) => [
          sid,
          title,
          head,
          desired,
          agentState,
        ];
        expect(after.map(place)).toEqual(records.map(place));
      };
    },
    'a command that was under way is answered once and not repeated, and the agent goes on': async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().manager.maybeStartAgentLoop(sid, null, user, { content: '$ sleep\n$ two' });
      await world().begun(sid, 'sleep');
      const { executing } = await world().record(sid, user);
      return async () => {
        await until(() => world().executed(sid).includes('two: answered'));
        await world().rest(sid, user);
        expect(world().executed(sid)).toHaveLength(2);
        const answers = (await world().log(sid, user)).filter((event) => event.cause === executing);
        expect(answers).toMatchObject([{ observation: 'error', source: 'agent' }]);
      };
    },
    'a user’s command that was under way is answered once and not repeated; the one behind it is carried out':
      async () => {
        const [sid, user] = [fresh('sid'), fresh('user')];
        await world().settled(sid, user, 'Hello.');
        const first = await world().send(sid, user, 'run', { command: 'sleep' });
        await world().begun(sid, 'sleep');
        const second = await world().send(sid, user, 'run', { command: 'pwd' });
        return async () => {
          await until(() => world().executed(sid).includes('pwd: answered'));
          await world().rest(sid, user);
          expect(world().executed(sid)).toHaveLength(2);
          const log = await world().log(sid, user);
          const answers = (cause: number) => log.filter((event) => event.cause === cause);
          expect(answers(first.id)).toMatchObject([{ observation: 'error', source: 'user' }]);
          expect(answers(second.id)).toMatchObject([{ observation: 'run', content: 'did pwd' }]);
        };
      },
    'what was sent and not met is met': async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().manager.maybeStartAgentLoop(sid, null, user, { content: '$ sleep' });
      await world().begun(sid, 'sleep');
      await world().say(sid, user, '$ two');
      return async () => {
        await until(() => world().executed(sid).includes('two: answered'));
      };
    },
    'what rests is not loaded before somebody comes, and is as it was': async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, '$ ls');
      const before = await world().log(sid, user);
      return async () => {
        expect(await world().manager.getRunningAgentLoops(user)).toEqual(new Set());
        expect(await world().record(sid, user)).toMatchObject({ desired: 'running', due: false });
        await world().manager.joinConversation(sid, fresh('connection'), null, user);
        await until(() => world().manager.isAgentLoopRunning(sid));
        await world().say(sid, user, '$ two');
        await until(() => world().executed(sid).includes('two: answered'));
        expect((await world().log(sid, user)).slice(0, before.length)).toEqual(before);
        expect(world().executed(sid)).toEqual(['ls: answered', 'two: answered']);
      };
    },
    'what was paused is paused, until it is resumed': async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().manager.maybeStartAgentLoop(sid, null, user, { content: '$ sleep\n$ two' });
      await world().begun(sid, 'sleep');
      await world().ask(sid, user, 'paused');
      await until(async () => {
        const { agentState, due } = await world().record(sid, user);
        return agentState === 'paused' && !due;
      });
      return async () => {
        await world().manager.joinConversation(sid, fresh('connection'), null, user);
        await until(() => world().manager.isAgentLoopRunning(sid));
        expect(await world().record(sid, user)).toMatchObject({ agentState: 'paused' });
        await world().ask(sid, user, 'running');
        await until(() => world().executed(sid).includes('two: answered'));
        expect(world().executed(sid)).toHaveLength(2);
      };
    },
    'what awaits confirmation awaits it still, and is carried out once': async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, '$ rm', confirming);
      const held = (await world().log(sid, user)).find((event) => event.source === 'agent')?.id;
      return async () => {
        expect(await world().record(sid, user)).toMatchObject({ agentState: 'awaiting_user_confirmation' });
        await world().send(sid, user, 'change_agent_state', {
          agent_state: 'user_confirmed',
          action_id: held,
        });
        await until(() => world().executed(sid).length > 0);
        await world().rest(sid, user);
        expect(world().executed(sid)).toEqual(['rm: answered']);
      };
    },
    'what was closed is closed, whoever looks at it': async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'Hello.');
      await world().manager.closeSession(sid);
      const { head } = await world().record(sid, user);
      return async () => {
        await world().manager.joinConversation(sid, fresh('connection'), null, user);
        expect(await world().manager.isAgentLoopRunning(sid)).toBe(false);
        expect(await world().record(sid, user)).toMatchObject({ head, desired: 'stopped' });
      };
    },
    'what was deleted stays so': async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'Hello.');
      await world().manager.deleteConversation(sid, user);
      return async () => {
        await expect(world().manager.maybeStartAgentLoop(sid, null, user)).rejects.toMatchObject({
          code: 'conversation_not_found',
        });
      };
    },
    'what was sent before is known by its action_id': async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'Hello.');
      const frame = { action: 'message', args: { content: '$ ls' }, action_id: 'key' };
      const { id } = await world().manager.sendEventToConversation(sid, frame, user);
      await world().rest(sid, user);
      return async () => {
        expect(await world().manager.sendEventToConversation(sid, frame, user)).toMatchObject({ id });
        await world().rest(sid, user);
        expect(world().executed(sid)).toEqual(['ls: answered']);
      };
    },
    'the secrets of a conversation are known: they are not stored, whoever says them': async () => {
      const [sid, user, secret] = [fresh('sid'), fresh('user'), 'sk-0123456789abcdef'];
      const settings = { ...defaultSettings, llm_api_key: secret };
      await world().settled(sid, user, `$ echo ${secret}`, settings);
      return async () => {
        const { id } = await world().say(sid, user, `$ echo again ${secret}`);
        await world().rest(sid, user);
        const log = await world().log(sid, user);
        expect(log[id]?.message).toBe('$ echo again [redacted]');
        expect(JSON.stringify([log, await world().record(sid, user)])).not.toContain(secret);
      };
    },
    'nobody is there': async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'Hello.');
      await world().manager.joinConversation(sid, fresh('connection'), null, user);
      return async () => {
        expect(await world().manager.getConnections(user)).toEqual(new Map());
      };
    },
  };
}
