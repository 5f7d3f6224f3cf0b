/** A server's life, as whoever operates it sees it: start, stop, restart, refusals; and a newcomer's first minutes. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Api } from './harness/api.ts';
import { RecordingClient } from './harness/client.ts';
import { carrying } from './harness/processes.ts';
import { ServerProcess, type ServerProcessOptions } from './harness/server-process.ts';
import { TemporaryFolder } from './harness/temporary-folder.ts';
import { median, until } from './harness/until.ts';
import { expectedSince, wrongWith } from './harness/visible.ts';
import { commandOf, isState, message, textOf, type WireEvent } from './harness/wire.ts';

let folder: TemporaryFolder;
let owned: AsyncDisposableStack;
beforeEach(async () => {
  owned = new AsyncDisposableStack();
  folder = owned.use(await TemporaryFolder.make());
});
afterEach(() => owned.disposeAsync());

const start = async (options: Partial<ServerProcessOptions> = {}): Promise<ServerProcess> =>
  owned.use(await ServerProcess.start({ dataDir: folder.file('data'), ...options }));

const client = (sid: string): RecordingClient => owned.use(new RecordingClient({ sid }));

const rests = (event: WireEvent): boolean => isState(event, 'awaiting_user_input');

describe('the start', () => {
  it('says where it listens within half a second, and answers soon after', async () => {
    const lines: number[] = [];
    const answers: number[] = [];
    for (let run = 0; run < 6; run += 1) {
      await using server = await ServerProcess.start({ dataDir: folder.file(`data${run}`) });
      const said = performance.now();
      expect((await server.api.get('/readyz')).status).toBe(200);
      // The first one compiles for those that follow, as the first start after an installation does.
      if (run > 0) {
        lines.push(server.startMs);
        answers.push(server.startMs + performance.now() - said);
      }
    }
    console.log(
      `start: line after ${lines.map(Math.round).join(', ')} ms (median ${Math.round(median(lines))}); ` +
        `first answer after ${answers.map(Math.round).join(', ')} ms (median ${Math.round(median(answers))})`,
    );
    // Half a second on a machine that does nothing else; this one runs other tests.
    expect(median(lines)).toBeLessThan(1_500);
  });

  it.each(['0.0.0.0', '::'])('refuses --host %s without --insecure', async (host) => {
    const args = ['--host', host];
    const server = owned.use(ServerProcess.spawn({ dataDir: folder.file('data'), args }));
    expect(await server.ended).toEqual({ code: 1, signal: null });
    expect(server.stdout).toBe('');
    expect(server.stderr).toContain('insecure');
    expect(server.stderr.trim().split('\n')).toHaveLength(1);
  });

  it('listens for other machines with --insecure', async () => {
    const server = await start({ args: ['--host', '0.0.0.0', '--insecure'] });
    expect((await new Api(`http://127.0.0.1:${server.port}`).get('/healthz')).status).toBe(200);
  });

  it('refuses a folder that another server uses, and names that one', async () => {
    const first = await start();
    const second = owned.use(ServerProcess.spawn({ dataDir: folder.file('data') }));
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.stderr).toMatch(new RegExp(`\\b${first.pid}\\b`));
    expect((await first.api.get('/readyz')).status).toBe(200);
    const sid = await first.api.create();
    expect(await first.api.head(sid)).toBeGreaterThanOrEqual(0);
  });

  it('takes the folder of a server that was killed', async () => {
    await (await start()).kill();
    const second = await start();
    expect((await second.api.get('/readyz')).status).toBe(200);
  });

  it('refuses a port that is taken in one line', async () => {
    const first = await start();
    const args = ['--port', String(first.port)];
    const second = owned.use(ServerProcess.spawn({ dataDir: folder.file('other'), args }));
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.stderr).toContain(String(first.port));
    expect(second.stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('a restart', () => {
  it('shows the same conversations, with the same events, and goes on with them', async () => {
    const first = await start();
    const sid = await first.api.create({ initial_user_msg: '$ echo kept > file; export WORD=kept' });
    const before = client(sid);
    before.connect(first.url);
    await before.event('it rests', (event) => rests(event) && event.id > 2);
    const log = await first.api.events(sid);
    const list = await first.api.list();
    expect(await first.stop()).toEqual({ code: 0, signal: null });

    const second = await start();
    expect((await second.api.events(sid)).slice(0, log.length)).toEqual(log);
    const shown = await second.api.list();
    expect(shown.map((info) => [info.conversation_id, info.title])).toEqual(
      list.map((info) => [info.conversation_id, info.title]),
    );
    expect(shown).toHaveLength(1);
    before.connect(second.url);
    await before.until('connected', () => before.connected);
    await before.sent(message('$ cat file'));
    const file = await before.event(
      'the file',
      (event) => event.observation === 'run' && event.content === 'kept',
    );
    await before.event('it rests', (event) => rests(event) && event.id > file.id);
    const whole = await second.api.events(sid);
    for (const stretch of before.stretches) {
      const isLast = stretch === before.stretches.at(-1);
      expect(
        wrongWith(stretch, whole, { least: stretch.cursor, most: whole.length - 1, whole: isLast }),
      ).toBeNull();
    }
    expect(before.ids).toEqual([...new Set(before.ids)].toSorted((left, right) => left - right));
  });
});

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('lets what was accepted be there, tells the clients, and ends with 0', async () => {
    const first = await start();
    const sids = await Promise.all([first.api.create(), first.api.create(), first.api.create()]);
    const clients = sids.flatMap((sid) => [client(sid), client(sid)]);
    await Promise.all(clients.map((one) => one.joined(first.url)));
    const accepted: { sid: string; id: number; content: string }[] = [];
    const refused: string[] = [];
    const life = { over: false };
    const load = clients.map(async (one, index) => {
      for (let turn = 0; !life.over; turn += 1) {
        const content = `c${index}t${turn}\n$ echo ${index}.${turn}`;
        try {
          const ack = await one.send(message(content, `${index}.${turn}`), 5_000);
          if (ack.ok) accepted.push({ sid: one.sid, id: ack.id, content });
          else refused.push(ack.error.code);
        } catch {
          return; // its transport was closed
        }
      }
    });
    await until('load', () => accepted.length > 60);
    expect(await first.stop(signal)).toEqual({ code: 0, signal: null });
    life.over = true;
    await Promise.all(load);
    expect(first.errors).toEqual([]);
    expect(new Set(refused)).toEqual(refused.length === 0 ? new Set() : new Set(['draining']));
    expect(clients.flatMap((one) => one.payloads('disconnect').at(-1))).toEqual(
      clients.map(() => ({ reason: 'transport close' })),
    );
    const had = clients.map(({ cursor }) => cursor);

    const second = await start();
    for (const sid of sids) {
      const log = await second.api.events(sid);
      expect(log.map(({ id }) => id)).toEqual(log.map((_, index) => index));
      for (const { id, content } of accepted.filter((one) => one.sid === sid)) {
        expect(textOf(log[id] ?? unknownEvent)).toBe(content);
      }
    }
    for (const one of clients) one.connect(second.url);
    for (const [index, one] of clients.entries()) {
      await one.event(
        'it rests',
        (event) => rests(event) && event.id > (had[index] ?? 0) && isCurrent(one, event),
        20_000,
      );
    }
    for (const [index, one] of clients.entries()) {
      const log = await second.api.events(one.sid);
      await one.until('the end', () => one.cursor === log.length - 1);
      const shown = expectedSince(log, -1, 0).map(({ id }) => id);
      // A state that the reconnect found overtaken is left out, and nothing else.
      const missing = shown.filter((id) => !one.ids.includes(id));
      expect(missing.filter((id) => !isState(log[id] ?? unknownEvent) || id <= (had[index] ?? 0))).toEqual(
        [],
      );
      expect(one.ids).toEqual(shown.filter((id) => !missing.includes(id)));
    }
    // Every command was carried out once, before or after.
    for (const sid of sids) {
      const log = await second.api.events(sid);
      const commands = log
        .filter((event) => event.source === 'agent')
        .flatMap((event) => commandOf(event) ?? []);
      const asked = accepted.filter((one) => one.sid === sid).map(({ content }) => content.split('$ ')[1]);
      expect(new Set(commands).size).toBe(commands.length);
      expect(asked.filter((command) => !commands.includes(command ?? ''))).toEqual([]);
    }
  }, 60_000);

  it('lets a command end within the grace', async () => {
    const first = await start();
    await makePipe(folder.file('pipe'));
    const sid = await first.api.create();
    const watching = await client(sid).joined(first.url);
    await first.api.say(sid, `$ echo begun; read line < ${folder.file('pipe')}; echo done`);
    await watching.until('it runs', () => watching.payloads('oh_delta').length > 0);
    first.signal(signal);
    await until(
      'it drains',
      async () => (await first.api.get('/readyz').catch(() => ({ status: 503 }))).status === 503,
    );
    await writeLine(folder.file('pipe'));
    expect(await first.ended).toEqual({ code: 0, signal: null });
    const second = await start();
    const log = await second.api.events(sid);
    const run = log.find((event) => commandOf(event) !== null);
    const answers = log.filter((event) => event.observation !== undefined && event.cause === run?.id);
    expect(answers.map(({ observation }) => observation)).toEqual(['run']);
    expect(answers[0]?.content).toBe('begun\ndone');
  });

  it('answers a command that outlasts the grace as interrupted, and never runs it again', async () => {
    const marker = randomUUID();
    const notes = folder.file('notes');
    const args = ['--drain-grace-ms', '300'];
    const first = await start({ args });
    const sid = await first.api.create({
      initial_user_msg: `$ echo ran >> ${notes}; sleep 100; : ${marker}`,
    });
    const watching = await client(sid).joined(first.url);
    await until('it runs', async () => (await textIn(notes)) === 'ran\n');
    const began = performance.now();
    expect(await first.stop(signal)).toEqual({ code: 0, signal: null });
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(carrying(marker)).toEqual([]);

    const second = await start();
    watching.connect(second.url);
    const answer = await watching.event('interrupted', (event) => event.observation === 'error');
    await watching.event('it rests', (event) => rests(event) && event.id > answer.id);
    await watching.until('connected', () => watching.connected);
    await watching.sent(message('$ echo after'));
    await watching.event('the next', (event) => event.content === 'after');
    const log = await second.api.events(sid);
    const run = log.find((event) => commandOf(event)?.includes(marker));
    const answers = log.filter((event) => event.observation !== undefined && event.cause === run?.id);
    expect(answers).toHaveLength(1);
    expect(answers[0]?.content).toMatch(/^Interrupted/);
    expect(answers[0]?.id).toBe(answer.id);
    expect(log.filter((event) => commandOf(event)?.includes(marker))).toHaveLength(1);
    expect(await textIn(notes)).toBe('ran\n');
  });

  it('ends at once when it comes a second time', async () => {
    const server = await start();
    const marker = randomUUID();
    const sid = await server.api.create({ initial_user_msg: `$ echo begun; sleep 100; : ${marker}` });
    const watching = await client(sid).joined(server.url);
    await watching.until('it runs', () => watching.payloads('oh_delta').length > 0);
    server.signal(signal);
    await until(
      'it drains',
      async () => (await server.api.get('/readyz').catch(() => ({ status: 503 }))).status === 503,
    );
    const began = performance.now();
    server.signal(signal);
    expect(await server.ended).toEqual({ code: 1, signal: null });
    expect(performance.now() - began).toBeLessThan(2_000);
    await until('no process is left', () => carrying(marker).length === 0);
  });
});

describe('a newcomer', () => {
  it('creates a conversation with a command, joins, and sees its output as it comes and then in the log', async () => {
    const server = await start();
    const [pipe, next] = [folder.file('pipe'), folder.file('next')];
    for (const path of [pipe, next]) await makePipe(path);
    // It begins to print when somebody watches: output that nobody watches as it comes is seen in the log alone.
    const sid = await server.api.create({
      initial_user_msg: `$ read line < ${pipe}; echo one; read line < ${next}; echo two`,
    });
    const one = await client(sid).joined(server.url);
    await writeLine(pipe);
    await one.until('the first line', () => one.payloads('oh_delta').length > 0);
    const run = one.events.find((event) => commandOf(event) !== null);
    expect(one.payloads('oh_delta')[0]).toEqual({
      conversation_id: sid,
      kind: 'output',
      text: 'one\n',
      cause: run?.id,
    });
    expect(one.events.filter((event) => event.observation === 'run')).toEqual([]);
    await writeLine(next);
    const output = await one.event('the output', (event) => event.observation === 'run');
    expect(output).toMatchObject({ source: 'agent', cause: run?.id, content: 'one\ntwo', success: true });
    expect(output.extras?.['metadata']).toMatchObject({ exit_code: 0 });
    await one.event('it rests', (event) => rests(event) && event.id > output.id);
    const deltas = z.array(z.object({ text: z.string() })).parse(one.payloads('oh_delta'));
    expect(deltas.map(({ text }) => text).join('')).toBe('one\ntwo\n');
    expect(one.events.map((event) => event.action ?? `${event.observation}`)).toEqual(
      (await server.api.events(sid))
        .filter((event) => one.ids.includes(event.id))
        .map((event) => event.action ?? `${event.observation}`),
    );
  });

  it('runs the next command where the last one left off', async () => {
    const server = await start();
    const sid = await server.api.create({ initial_user_msg: '$ mkdir sub; cd sub; export WORD=hello' });
    const one = await client(sid).joined(server.url);
    await one.sent(message('Now this:\n$ echo $WORD from $(basename $PWD)'));
    const output = await one.event('output', (event) => event.observation === 'run' && event.content !== '');
    expect(output.content).toBe('hello from sub');
  });

  it('carries out a command that its user types while one of the agent occupies the agent’s shell', async () => {
    const server = await start({ env: { CONVENE_COMMAND_TIMEOUT_MS: '100' } });
    const sid = await server.api.create({ initial_user_msg: '$ sleep 100' });
    const one = await client(sid).joined(server.url);
    const left = await one.event('its time is over', (event) => event.observation === 'run');
    expect(left.extras?.['metadata']).toMatchObject({ exit_code: -1 });
    const id = await one.sent({ action: 'run', args: { command: 'echo typed' } });
    const output = await one.event('the output', (event) => event.cause === id);
    expect(output).toMatchObject({ observation: 'run', source: 'user', content: 'typed', success: true });
  });

  it('is told what the agent can do', async () => {
    const server = await start();
    const sid = await server.api.create({ initial_user_msg: 'Hello' });
    const one = await client(sid).joined(server.url);
    const answer = await one.event(
      'an answer',
      (event) => event.source === 'agent' && event.action === 'message',
    );
    expect(textOf(answer)).toMatch(/start a line with `\$ `/);
    expect(textOf(answer)).toContain('LLM_MODEL');
    await one.event('it rests', (event) => rests(event) && event.id > answer.id);
  });
});

const unknownEvent: WireEvent = { id: 0, timestamp: '', source: 'user', message: '' };

/** Whether this is the newest state that the client knows of, and nothing of the agent came after it. */
function isCurrent(one: RecordingClient, event: WireEvent): boolean {
  return one.events.findLast((each) => isState(each)) === event;
}

async function textIn(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

/** A pipe: who reads from it waits for whoever writes. */
async function makePipe(path: string): Promise<void> {
  await promisify(execFile)('mkfifo', [path]);
}

async function writeLine(path: string): Promise<void> {
  await writeFile(path, 'go\n');
}
