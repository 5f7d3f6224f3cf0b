/**
 * What an unchanged web client of OpenHands 0.27 does, in its order, over a WebSocket and plain HTTP (docs/protocol.md),
 * as far as the routes are there.
 */
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { change, say } from '../standalone/harness/shared.ts';
import { until } from '../standalone/harness/until.ts';
import { commandOf, isState, textOf, type WireEvent } from '../standalone/harness/wire.ts';
import type { Site } from './unchanged-client-site.ts';

const KEY = 'sk-0123456789abcdef0123456789abcdef';
const states = [
  ...['loading', 'init', 'running', 'awaiting_user_input', 'awaiting_user_confirmation', 'user_confirmed'],
  ...['user_rejected', 'paused', 'stopped', 'finished', 'rejected', 'error', 'rate_limited'],
];

export function unchangedClientUsual(site: Site): void {
  const create = async (text: string): Promise<string> => {
    const sid = await site.api.create({ initial_user_msg: text, image_urls: [] });
    expect(sid).toMatch(/^[0-9a-f]{32}$/);
    return sid;
  };

  const waits = (event: WireEvent): boolean => isState(event, 'awaiting_user_input');

  describe('the first run', () => {
    it('asks what there is to choose from', async () => {
      expect((await site.api.get('/api/options/config')).body).toEqual({
        APP_MODE: 'oss',
        GITHUB_CLIENT_ID: expect.any(String),
        POSTHOG_CLIENT_KEY: '',
      });
      expect((await site.api.get('/api/settings')).status).toBe(404);
      for (const list of ['models', 'agents', 'security-analyzers']) {
        const { status, body } = await site.api.get(`/api/options/${list}`);
        expect(status).toBe(200);
        expect(body).toBeInstanceOf(Array);
        if (list !== 'security-analyzers') expect(body).not.toEqual([]);
      }
    });

    it('stores settings, and never shows the key again', async () => {
      const settings = {
        language: 'en',
        agent: 'ShellAgent',
        llm_model: 'anthropic/claude-sonnet-4-5',
        llm_api_key: KEY,
        llm_base_url: '',
        confirmation_mode: false,
        security_analyzer: '',
        remote_runtime_resource_factor: 1,
        enable_default_condenser: true,
        user_consents_to_analytics: null,
      };
      expect((await site.api.post('/api/settings', settings)).status).toBe(200);
      const stored = await site.api.get('/api/settings');
      expect(stored.status).toBe(200);
      expect(stored.body).toMatchObject({
        language: 'en',
        llm_model: 'anthropic/claude-sonnet-4-5',
        llm_api_key: '**********',
        user_consents_to_analytics: null,
        github_token_is_set: false,
      });
      expect(stored.body).not.toHaveProperty('github_token');

      // The page posts everything but the key, and the answer to the question about analytics.
      for (const consent of [true, false]) {
        const { llm_api_key: _, ...rest } = settings;
        await site.api.post('/api/settings', { ...rest, user_consents_to_analytics: consent });
        const { body } = await site.api.get('/api/settings');
        expect(body).toMatchObject({ llm_api_key: '**********', user_consents_to_analytics: consent });
      }
    });
  });

  describe('a conversation', () => {
    it('is created, shown, joined, and shows its first message as the log has it', async () => {
      const sid = await create('$ echo hello');
      const { status, body } = await site.api.get(`/api/conversations/${sid}`);
      expect(status).toBe(200);
      expect(body).toEqual({
        conversation_id: sid,
        title: expect.any(String),
        created_at: expect.stringMatching(/^\d{4}-/),
        last_updated_at: expect.stringMatching(/^\d{4}-/),
        selected_repository: null,
        status: 'RUNNING',
        agent_state: expect.any(String),
      });

      const client = site.connect(sid);
      await client.joined();
      expect(client.packets[0]).toMatch(
        /^0\{"sid":"[^"]+","upgrades":\[\],"pingInterval":\d+,"pingTimeout":\d+,"maxPayload":\d+\}$/,
      );
      expect(client.packets[1]).toMatch(/^40\{"sid":"[^"]+"\}$/);
      const first = await client.event('the message', (event) => event.action === 'message');
      expect(first).toMatchObject({
        id: 0,
        source: 'user',
        args: { content: '$ echo hello', image_urls: [] },
      });
      const run = await client.event('the command', (event) => event.action === 'run');
      expect(run).toMatchObject({
        source: 'agent',
        args: { command: 'echo hello', confirmation_state: 'confirmed' },
      });
      const output = await client.event('the output', (event) => event.observation === 'run');
      expect(output).toMatchObject({ source: 'agent', cause: run.id, content: 'hello' });
      expect(output.extras?.['metadata']).toMatchObject({ exit_code: 0 });
      await client.event('it waits', waits);
      expect(client.ids).toEqual(client.ids.toSorted((left, right) => left - right));
      for (const event of client.events) {
        expect(event).toMatchObject({
          timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
          message: expect.any(String),
        });
        expect(event.source).not.toBe('environment');
        if (isState(event)) expect(states).toContain(event.extras?.['agent_state']);
      }
      // It asked for no acknowledgements, and got none.
      expect(client.packets.filter((packet) => packet.startsWith('43'))).toEqual([]);
    });

    it('takes messages whose arguments have a time, and a command typed into the terminal', async () => {
      const sid = await create('$ mkdir sub; touch sub/file; cd sub');
      const client = site.connect(sid);
      await client.event('it waits', waits);
      say(client, 'What can you do?');
      const asked = await client.event('the echo', (event) => textOf(event) === 'What can you do?');
      expect(asked.source).toBe('user');
      await client.event(
        'an answer',
        (event) => event.source === 'agent' && event.action === 'message' && event.id > asked.id,
      );

      // In the same workspace, whatever the agent's shell does.
      client.emit('oh_user_action', { action: 'run', args: { command: 'ls sub', hidden: false } });
      const typed = await client.event(
        'the echo',
        (event) => event.source === 'user' && commandOf(event) === 'ls sub',
      );
      const output = await client.event('the output', (event) => event.cause === typed.id);
      expect(output).toMatchObject({ observation: 'run', content: 'file', source: 'user' });
    });

    it('carries out a typed command while its agent is paused', async () => {
      const sid = await create('$ sleep 100');
      const client = site.connect(sid);
      await client.event('it sleeps', (event) => commandOf(event) === 'sleep 100');
      change(client, 'paused');
      await client.event('paused', (event) => isState(event, 'paused'));
      client.emit('oh_user_action', { action: 'run', args: { command: 'echo typed', hidden: false } });
      await client.event('the output', (event) => event.observation === 'run' && event.content === 'typed');
      change(client, 'running');
      await client.event('it waits', waits);
      expect(client.events.filter((event) => commandOf(event) === 'sleep 100')).toHaveLength(1);
      change(client, 'stopped');
      await client.event('stopped', (event) => isState(event, 'stopped'));
      say(client, '$ echo again');
      await client.event('the output', (event) => event.content === 'again');
    });

    it('lets the user confirm or reject what it would do, without naming it', async () => {
      await site.api.post('/api/settings', { confirmation_mode: true });
      const sid = await create('$ echo first\n$ echo second').finally(() =>
        site.api.post('/api/settings', { confirmation_mode: false }),
      );
      const client = site.connect(sid);
      const pending = await client.event('the first', (event) => commandOf(event) === 'echo first');
      expect(pending.args?.['confirmation_state']).toBe('awaiting_confirmation');
      await client.event('it asks', (event) => isState(event, 'awaiting_user_confirmation'));
      change(client, 'user_confirmed');
      const confirmed = await client.event('confirmed', (event) => event.cause === pending.id);
      expect(confirmed).toMatchObject({
        action: 'run',
        source: 'agent',
        args: { confirmation_state: 'confirmed' },
      });
      await client.event('the output', (event) => event.cause === confirmed.id && event.content === 'first');

      const second = await client.event('the second', (event) => commandOf(event) === 'echo second');
      await client.event(
        'it asks',
        (event) => isState(event, 'awaiting_user_confirmation') && event.id > second.id,
      );
      change(client, 'user_rejected');
      const rejected = await client.event('rejected', (event) => event.cause === second.id);
      expect(rejected).toMatchObject({ action: 'run', args: { confirmation_state: 'rejected' } });
      await client.event(
        'its answer',
        (event) => event.observation === 'user_rejected' && event.cause === rejected.id,
      );
      await client.event('it waits', (event) => waits(event) && event.id > rejected.id);
    });

    it('goes on where it was after the transport broke, and with what was typed meanwhile', async () => {
      const sid = await create('$ echo one');
      const first = site.connect(sid);
      await first.event('it waits', waits);
      first.socket.terminate();
      await first.until('closed', () => first.closed !== null);
      // Something happens while nobody is there.
      await site.api.say(sid, '$ echo two');

      const second = site.connect(sid, first.ids.at(-1));
      await second.joined();
      say(second, '$ echo three'); // right away, as the client's buffer goes out
      await second.event('three', (event) => event.observation === 'run' && event.content === 'three');
      const log = await site.api.events(sid);
      const both = [...first.ids, ...second.ids];
      expect(both).toEqual([...new Set(both)].toSorted((left, right) => left - right));
      const kinds = [...first.events, ...second.events]
        .filter((event) => !isState(event))
        .map(({ id }) => id);
      expect(kinds).toEqual(
        log.filter((event) => !isState(event) && event.id <= (both.at(-1) ?? 0)).map(({ id }) => id),
      );
    });

    it('may stay open beside another one', async () => {
      const [one, other] = [await create('$ echo one'), await create('$ echo other')];
      const left = site.connect(one);
      await left.event('it waits', waits);
      const right = site.connect(other);
      await right.event('it waits', waits);
      say(right, '$ echo here');
      await right.event('here', (event) => event.content === 'here');
      expect(left.events.some((event) => event.content === 'here')).toBe(false);
      say(left, '$ echo there');
      await left.event('there', (event) => event.content === 'there');
    });

    it('is found in the list, renamed, and gone when it is deleted', async () => {
      const sid = await create('');
      const list = () => site.api.list();
      for (const info of await list()) {
        expect(info).toMatchObject({
          last_updated_at: expect.stringMatching(/^\d{4}-/),
          status: expect.stringMatching(/^(RUNNING|STOPPED)$/),
        });
      }
      expect((await list())[0]?.conversation_id).toBe(sid);
      const patch = {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: '{"title":"Renamed"}',
      };
      expect(await (await fetch(`${site.url}/api/conversations/${sid}`, patch)).json()).toBe(true);
      expect((await list())[0]?.title).toBe('Renamed');
      expect(await (await fetch(`${site.url}/api/conversations/${sid}`, { method: 'DELETE' })).json()).toBe(
        true,
      );
      expect(await site.api.get(`/api/conversations/${sid}`)).toEqual({ status: 200, body: null });
      expect((await list()).some((info) => info.conversation_id === sid)).toBe(false);
      const late = site.connect(sid);
      await late.until('refused', () => late.refusal !== null);
      expect(late.refusal).toMatchObject({ message: 'Conversation not found.' });
    });

    it('never shows a secret: not in the log, not on the wire, not on the disk', async () => {
      const sid = await create(`$ echo ${KEY.slice(0, 8)}"${KEY.slice(8)}" is ${KEY}`);
      const client = site.connect(sid);
      await client.event('the output', (event) => event.observation === 'run');
      await client.event('it waits', waits);
      const all = JSON.stringify([client.events, client.packets, await site.api.events(sid)]);
      expect(all).not.toContain(KEY);
      expect(all).toContain('[redacted]');
      expect(site.processes.log).not.toContain(KEY);
      for (const name of await readdir(site.file('.'), { recursive: true })) {
        const content = await readFile(site.file(name), 'latin1').catch(() => '');
        expect(content.includes(KEY), name).toBe(false);
      }
    });
  });
}

/** Takes as long as the pings are apart. */
export function unchangedClientPings(site: Site): void {
  it('keeps its connection over the pings of the transport', async () => {
    const sid = await site.api.create();
    const pings: number[] = [];
    const client = site.connect(sid);
    client.socket.on('message', (data) => String(data) === '2' && pings.push(performance.now()));
    await client.joined();
    await until('a ping', () => pings.length > 0, { timeoutMs: 20_000, everyMs: 100 });
    say(client, '$ echo still here');
    await client.event('the output', (event) => event.content === 'still here');
    expect(client.closed).toBeNull();
  });
}
