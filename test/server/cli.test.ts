/** The command itself: real processes, their lines, their exit codes. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestClient } from './harness.ts';

const main = path.resolve(import.meta.dirname, '../../src/cli/main.ts');

/** Of compiled code, kept from run to run. */
const cache = path.join(tmpdir(), 'convene-test-cache');

let folder: string;
const running = new Set<ChildProcessWithoutNullStreams>();
const clients: TestClient[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'convene-cli-'));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.disconnect();
  for (const child of running) child.kill('SIGKILL');
  await Promise.all([...running].map((child) => once(child, 'exit')));
  await rm(folder, { recursive: true, force: true });
});

interface Command {
  readonly child: ChildProcessWithoutNullStreams;
  out(): string;
  err(): string;
  /** Null where a signal ended it. */
  readonly exit: Promise<number | null>;
}

function convene(args: readonly string[], env: Record<string, string> = {}): Command {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      XDG_CACHE_HOME: cache,
      CONVENE_LOG_LEVEL: 'warn',
      ...env,
    },
  });
  running.add(child);
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const exit = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return { child, exit, out: () => out, err: () => err };
}

/** A server that listens. */
async function serve(
  args: readonly string[] = ['--port', '0', '--data-dir', 'data'],
  env: Record<string, string> = {},
) {
  const command = convene(args, env);
  await Promise.race([once(command.child.stdout, 'data'), command.exit]);
  const url = /^Convene is listening on (http:\S+)\n$/.exec(command.out())?.[1];
  if (url === undefined) throw new Error(`it does not listen: ${command.out()}${command.err()}`);
  return { ...command, url };
}

async function post(url: string, body: unknown): Promise<{ conversation_id: string }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/api/conversations`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  return (await response.json()) as { conversation_id: string };
}

function join(url: string, sid: string): TestClient {
  const client = new TestClient(url, { conversation_id: sid });
  clients.push(client);
  return client;
}

describe('convene serve', () => {
  it('is what the command does, says where it listens, and answers at once', async () => {
    const { url, child, exit, out } = await serve();
    expect(out()).toBe(`Convene is listening on ${url}\n`);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    child.kill('SIGINT');
    expect(await exit).toBe(0);
  });

  it('stops at SIGTERM: clients come back, nothing is lost, exit 0', async () => {
    const { url, child, exit } = await serve(['serve', '--port', '0', '--data-dir', 'data']);
    const { conversation_id: sid } = await post(url, { initial_user_msg: '$ echo one' });
    const client = join(url, sid);
    await client.until(() => client.events.some((event) => JSON.stringify(event).includes('"exit_code":0')));
    const last = client.ids.length;
    child.kill('SIGTERM');
    expect(await client.first('disconnect')).toEqual({ reason: 'transport close' });
    expect(await exit).toBe(0);
    const { port } = new URL(url);
    const again = await serve(['--port', port, '--data-dir', 'data']);
    await fetch(`${again.url}/readyz`);
    await client.until(() => client.payloads('connect').length === 2);
    expect(await client.act({ action: 'message', args: { content: '$ echo two' } })).toMatchObject({
      ok: true,
    });
    expect(client.ids.length).toBeGreaterThanOrEqual(last);
  });

  it('keeps what it has acknowledged when it is killed', async () => {
    const first = await serve();
    const { conversation_id: sid } = await post(first.url, {});
    const client = join(first.url, sid);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        client.act({ action: 'message', args: { content: String(index) } }),
      ),
    );
    first.child.kill('SIGKILL');
    await first.exit;
    const second = await serve();
    const response = await fetch(`${second.url}/api/conversations/${sid}/events?filter=message&limit=100`);
    const { events } = (await response.json()) as {
      events: { id: number; source: string; args: { content: string } }[];
    };
    const mine = events.filter(({ source }) => source === 'user');
    expect(mine.map(({ args }) => args.content)).toEqual(answers.map((_, index) => String(index)));
    expect(mine.map(({ id }) => id)).toEqual(answers.map(({ id }) => id));
  });

  it('ends at once at a second signal', async () => {
    const { url, child, exit } = await serve([
      '--port',
      '0',
      '--data-dir',
      'data',
      '--drain-grace-ms',
      '60000',
    ]);
    const { conversation_id: sid } = await post(url, { initial_user_msg: '$ echo begun; sleep 60' });
    const client = join(url, sid);
    await client.until(() => client.events.some((event) => JSON.stringify(event).includes('"command"')));
    child.kill('SIGTERM');
    await expect
      .poll(() =>
        fetch(`${url}/readyz`).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .not.toBe(200);
    child.kill('SIGTERM');
    expect(await exit).toBe(1);
  });

  it('names the server that uses its data folder', async () => {
    const first = await serve();
    await fetch(`${first.url}/readyz`);
    const second = convene(['--port', '0', '--data-dir', 'data']);
    expect(await second.exit).toBe(1);
    expect(second.out()).toBe('');
    expect(second.err()).toMatch(new RegExp(`^convene: .*\\b${first.child.pid}\\b.*\\n$`));
  });
});

describe('a server that can’t start', () => {
  const refused = async (
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<[number | null, string]> => {
    const { exit, err, out } = convene(args, env);
    const code = await exit;
    expect(out()).toBe('');
    return [code, err()];
  };

  it('says that the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = String(typeof address === 'object' ? address?.port : 0);
    expect(await refused(['--port', port])).toEqual([
      1,
      `convene: Port ${port} of 127.0.0.1 is in use. Choose another one with --port.\n`,
    ]);
    other.close();
  });

  it.each<[readonly string[], Record<string, string>, RegExp]>([
    [['--port', '70000'], {}, /^convene: port \(flag --port\): expected an integer from 0 to 65535/],
    [[], { CONVENE_PORT: 'x' }, /^convene: port \(environment variable CONVENE_PORT\)/],
    [['--host', '0.0.0.0'], {}, /^convene: host .*insecure/],
    [['--config', 'nowhere.json'], {}, /^convene: There is no configuration file .*nowhere\.json/],
  ])('says what is wrong with its configuration: %j %j', async (args, env, expected) => {
    const [code, err] = await refused(args, env);
    expect(code).toBe(1);
    expect(err).toMatch(expected);
    expect(err.trimEnd()).not.toContain('\n');
  });

  it('never shows a secret that is not valid', async () => {
    const [code, err] = await refused([], { CONVENE_SECRET_KEY: 'not-a-key-but-secret' });
    expect(code).toBe(1);
    expect(err).not.toContain('not-a-key');
  });

  it('says that its data folder can’t be used', async () => {
    await writeFile(path.join(folder, 'file'), '');
    const [code, err] = await refused(['--port', '0', '--data-dir', 'file/data']);
    expect(code).toBe(1);
    expect(err).toMatch(/^convene: The data folder .*\n$/);
  });

  it.each([[['--nonsense']], [['--port']], [['fly']], [['serve', 'twice']]])(
    'is told how to be called: %j',
    async (args) => {
      const [code, err] = await refused(args);
      expect(code).toBe(2);
      expect(err).toMatch(/^error: .*\n$/);
    },
  );
});

describe('the other commands', () => {
  it('show help, the version, and the configuration without its secrets', async () => {
    const help = convene(['serve', '--help']);
    const version = convene(['--version']);
    const config = convene(['config', '--port', '99'], { LLM_API_KEY: 'sk-secret' });
    expect(await Promise.all([help.exit, version.exit, config.exit])).toEqual([0, 0, 0]);
    expect(help.out()).toContain('--data-dir');
    expect(version.out()).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(config.out()).toContain('port = 99 (flag --port)\n');
    expect(config.out()).not.toContain('sk-secret');
  });
});
