/**
 * What an unchanged web client of OpenHands 0.27 meets beside its usual way (`unchanged-client-usual.ts`):
 * interruptions, odd cursors, what it must not be shown, and answers that it shows as they are.
 */
import { describe, expect, it } from 'vitest';
import type { RawClient } from '../standalone/harness/raw-client.ts';
import { change, say } from '../standalone/harness/shared.ts';
import { commandOf, isState, textOf, type WireEvent } from '../standalone/harness/wire.ts';
import type { Site } from './unchanged-client-site.ts';

const UNKNOWN = '0123456789abcdef0123456789abcdef';
/** The observations that this client can show. */
const shown = [
  'run',
  'run_ipython',
  'read',
  'write',
  'edit',
  'browse',
  'agent_state_changed',
  'error',
  'delegate',
];
const quiet = ['think', 'user_rejected', 'success'];

export function unchangedClientEdges(site: Site): void {
  const create = (text: string): Promise<string> =>
    site.api.create({ initial_user_msg: text, image_urls: [] });

  const type = (client: RawClient, command: string): void =>
    client.emit('oh_user_action', { action: 'run', args: { command, hidden: false } });

  const waits = (event: WireEvent): boolean => isState(event, 'awaiting_user_input');
  const printed = (text: string) => (event: WireEvent) =>
    event.observation === 'run' && event.content === text;

  describe('the cursor', () => {
    it.each(['undefined', 'null', '', 'NaN', '-1', '1.5', 'x'])(
      '%j is that of a client that has nothing',
      async (latest) => {
        const sid = await create('$ echo hello');
        const client = site.connect(sid, latest);
        expect((await client.event('the message', (event) => textOf(event) === '$ echo hello')).id).toBe(0);
      },
    );

    it('may be above the head: then only what comes is sent', async () => {
      const sid = await create('$ echo one');
      await site.connect(sid).event('it waits', waits);
      const client = site.connect(sid, 1_000_000);
      await client.joined();
      say(client, '$ echo two');
      await client.event('two', printed('two'));
      expect(client.events[0]).toMatchObject({ action: 'message', args: { content: '$ echo two' } });
    });
  });

  describe('what is shown', () => {
    it('is of kinds that it knows, each with what it reads of it, and the newest state at its place', async () => {
      const sid = await create('$ echo one\n$ sleep 100');
      const live = site.connect(sid);
      await live.event('it sleeps', (event) => commandOf(event) === 'sleep 100');
      change(live, 'stopped');
      await live.event('stopped', (event) => isState(event, 'stopped'));
      say(live, 'Hello?');
      await live.event('it waits', waits);

      const late = site.connect(sid);
      await late.event('it waits', waits);
      expect(late.ids).toEqual(late.ids.toSorted((left, right) => left - right));
      expect(late.events.filter((event) => isState(event))).toHaveLength(1);
      expect(late.events.filter((event) => !isState(event))).toEqual(
        live.events.filter((event) => !isState(event)),
      );
      for (const event of live.events) {
        if (event.observation !== undefined) expect([...shown, ...quiet]).toContain(event.observation);
        if (event.action === 'run') expect(event.args?.['command']).toEqual(expect.any(String));
        if (event.action === 'message') expect(event.args?.['content']).toEqual(expect.any(String));
        if (event.observation === 'run') expect(event.cause).toEqual(expect.any(Number));
        // What it does not know how to show, it shows by this.
        if (quiet.includes(event.observation ?? '')) expect(event.message).not.toBe('');
      }
    });

    it('has the images of a message as they were sent', async () => {
      const sid = await create('');
      const client = site.connect(sid);
      await client.joined();
      const image = `data:image/png;base64,${Buffer.alloc(300_000, 7).toString('base64')}`;
      say(client, 'What is this?', [image]);
      const echo = await client.event('the echo', (event) => textOf(event) === 'What is this?');
      expect(echo.args?.['image_urls']).toEqual([image]);
      expect(echo.args?.['timestamp']).toEqual(expect.any(String));
    });
  });

  describe('what is typed into the terminal', () => {
    it('is answered after what the agent has under way, and before what it does next', async () => {
      const sid = await create('$ sleep 0.5; echo slept\n$ echo next');
      const client = site.connect(sid);
      await client.event('it sleeps', (event) => commandOf(event)?.startsWith('sleep') ?? false);
      type(client, 'echo typed');
      const typed = await client.event('typed', printed('typed'));
      const slept = await client.event('slept', printed('slept'));
      const next = await client.event('next', printed('next'));
      expect([slept.id, typed.id, next.id].toSorted((left, right) => left - right)).toEqual([
        slept.id,
        typed.id,
        next.id,
      ]);
      expect(typed.source).toBe('user');
    });

    it('runs where the agent’s files are, also when the agent has stopped or failed', async () => {
      const sid = await create('$ echo made > file');
      const client = site.connect(sid);
      await client.event('it waits', waits);
      change(client, 'stopped');
      await client.event('stopped', (event) => isState(event, 'stopped'));
      type(client, 'cat file');
      await client.event('the file', printed('made'));
      expect(client.events.findLast((event) => isState(event))?.extras).toEqual({ agent_state: 'stopped' });
    });
  });

  describe('a message while the agent asks for consent', () => {
    it('rejects what is pending and is met, so that nothing is stuck', async () => {
      await site.api.post('/api/settings', { confirmation_mode: true });
      const sid = await create('$ echo first').finally(() =>
        site.api.post('/api/settings', { confirmation_mode: false }),
      );
      const client = site.connect(sid);
      const pending = await client.event('the command', (event) => commandOf(event) === 'echo first');
      await client.event('it asks', (event) => isState(event, 'awaiting_user_confirmation'));
      say(client, 'Rather tell me what you can do.');
      await client.event('rejected', (event) => event.observation === 'user_rejected');
      await client.event('an answer', (event) => event.source === 'agent' && textOf(event) !== null);
      await client.event('it waits', (event) => waits(event) && event.id > pending.id);
      expect(client.events.some(printed('first'))).toBe(false);
    });
  });

  describe('what it asks too late, or wrongly', () => {
    it('a change that makes no sense is told as an error, and changes nothing', async () => {
      const sid = await create('');
      const client = site.connect(sid);
      const idle = await client.event('it waits', waits);
      change(client, 'user_confirmed');
      const error = await client.event('an error', (event) => event.observation === 'error');
      expect(error).toMatchObject({
        source: 'agent',
        content: expect.stringContaining('awaiting_user_input'),
      });
      expect(client.events.findLast((event) => isState(event))?.id).toBe(idle.id);
    });

    it('a frame that is refused comes back as an error that it can show', async () => {
      const sid = await create('');
      const client = site.connect(sid);
      await client.joined();
      client.emit('oh_user_action', { action: 'message', args: {} });
      client.emit('oh_user_action', { action: 'dance', args: {} });
      await client.until(
        'two errors',
        () => client.frames.filter((frame) => Object(frame).error === true).length === 2,
      );
      for (const frame of client.frames.filter((one) => Object(one).error === true)) {
        expect(frame).toEqual({ error: true, message: expect.stringMatching(/\w/) });
      }
      say(client, '$ echo still here');
      await client.event('the output', printed('still here'));
    });

    it('an unknown conversation is null, its routes are 404 with a text, and its socket is refused', async () => {
      expect(await site.api.get(`/api/conversations/${UNKNOWN}`)).toEqual({ status: 200, body: null });
      for (const route of ['events', 'events/search?query=x']) {
        const answer = await site.api.get(`/api/conversations/${UNKNOWN}/${route}`);
        expect(answer).toEqual({ status: 404, body: { error: 'Conversation not found.' } });
      }
      const client = site.connect(UNKNOWN);
      await client.until('refused', () => client.refusal !== null);
      expect(client.refusal).toEqual({ message: 'Conversation not found.' });
    });

    it('a conversation that can’t be created has a message', async () => {
      const { status, body } = await site.api.post('/api/conversations', { image_urls: [5] });
      expect({ status, body }).toMatchObject({
        status: 400,
        body: { status: 'error', message: expect.stringContaining('image_urls'), msg_id: '' },
      });
    });
  });

  describe('the list', () => {
    it('says RUNNING or STOPPED, nothing else, and has a time for each', async () => {
      const sid = await create('$ echo hello');
      await site.connect(sid).event('it waits', waits);
      const infoOf = async (): Promise<unknown> => {
        const { body } = await site.api.get('/api/conversations?limit=100');
        expect(body).toHaveProperty('next_page_id');
        const { results } = Object(body);
        expect(results).not.toContain(null);
        for (const info of results) {
          expect(['RUNNING', 'STOPPED']).toContain(info.status);
          expect(Number.isNaN(Date.parse(info.last_updated_at))).toBe(false);
        }
        return results.find((info: { conversation_id: string }) => info.conversation_id === sid);
      };
      expect(await infoOf()).toMatchObject({ status: 'RUNNING' });
      await site.api.post(`/api/conversations/${sid}/stop`, {});
      expect(await infoOf()).toMatchObject({ status: 'STOPPED' });
      // Who looks at it does not wake it; who says something does.
      const client = site.connect(sid);
      await client.event('stopped', (event) => isState(event, 'stopped'));
      expect(await infoOf()).toMatchObject({ status: 'STOPPED' });
      say(client, '$ echo awake');
      await client.event('awake', printed('awake'));
      expect(await infoOf()).toMatchObject({ status: 'RUNNING' });
    });
  });
}
