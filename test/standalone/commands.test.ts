/** The commands that look at conversations and at the machine, beside a server and without one. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, startCommand } from './harness/command.ts';
import { ServerProcess } from './harness/server-process.ts';
import { TemporaryFolder } from './harness/temporary-folder.ts';
import { until } from './harness/until.ts';

let folder: TemporaryFolder;
let server: ServerProcess;
let sid: string;
let stopped: string;
beforeAll(async () => {
  folder = await TemporaryFolder.make();
  server = await ServerProcess.start({ dataDir: folder.file('data') });
  stopped = await server.api.create();
  await server.api.post(`/api/conversations/${stopped}/stop`, {});
  sid = await server.api.create({ initial_user_msg: '$ echo shown' });
  await until(
    'it rests',
    async () => (await server.api.list()).length === 2 && rests(await server.api.events(sid)),
  );
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

function rests(events: readonly object[]): boolean {
  return JSON.stringify(events.slice(-1)).includes('awaiting_user_input');
}

async function json(...args: string[]) {
  const { code, stderr, stdout } = await runCommand(args);
  expect(stderr).toBe('');
  return { code, answer: JSON.parse(stdout) };
}

describe('convene list', () => {
  it('asks a server: pages, and those of a state', async () => {
    const { answer: first } = await json('list', '--url', server.url, '--limit', '1', '--json');
    expect(first.conversations).toMatchObject([{ conversation_id: sid, status: 'RUNNING' }]);
    const rest = ['list', '--url', server.url, '--page', first.next_page_id, '--json'];
    expect((await json(...rest)).answer).toMatchObject({
      conversations: [{ conversation_id: stopped }],
      next_page_id: null,
    });
    const { answer } = await json('list', '--url', server.url, '--state', 'stopped', '--json');
    expect(answer.conversations).toMatchObject([{ conversation_id: stopped }]);
  });

  it('has a line for each, for people', async () => {
    const { stdout } = await runCommand(['list', '--url', server.url]);
    const [head, one, other, end] = stdout.split('\n');
    expect(head).toMatch(/^ID +STATE +UPDATED +REPOSITORY +TITLE$/);
    expect(one).toMatch(new RegExp(`^${sid} +running +just now`));
    expect(other).toMatch(new RegExp(`^${stopped} +stopped`));
    expect(end).toBe('');
  });

  it('of a data folder asks the server that holds it, where that is known', async () => {
    const where = ['list', '--data-dir', folder.file('data')];
    const asked = await runCommand([...where, '--port', String(server.port)]);
    expect(asked.code).toBe(0);
    expect(asked.stdout).toContain(sid);
    expect(asked.stderr).toContain(server.url);
    const unknown = await runCommand([...where, '--port', '1']);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toMatch(new RegExp(`^convene: .*\\b${server.pid}\\b.*--url.*\\n$`));
  });

  it('says that there is nothing, and makes nothing', async () => {
    const { code, stderr } = await runCommand(['list', '--data-dir', folder.file('empty')]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^convene: There are no conversations in .*\n$/),
    ]);
    await expect(readFile(folder.file('empty'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('ends quietly when nobody reads on', async () => {
    const { child, ended } = startCommand(['list', '--url', server.url]);
    child.stdout.destroy();
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('convene export', () => {
  it('writes a trajectory, to stdout or a file, without what is hidden', async () => {
    const { stdout } = await runCommand(['export', '--trajectory', sid, '--url', server.url]);
    const events: { id: number; observation?: string; content?: string }[] = JSON.parse(stdout);
    expect(events.find(({ observation }) => observation === 'run')).toMatchObject({ content: 'shown' });
    const file = folder.file('trajectory.json');
    await runCommand(['export', '--trajectory', sid, '--url', server.url, '-o', file]);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(events);
  });

  it('writes the conversations that are named', async () => {
    const out = folder.file('out');
    const { answer } = await json('export', sid, '-o', out, '--url', server.url, '--json');
    expect(answer).toMatchObject({ conversations: 1 });
    const metadata = JSON.parse(await readFile(`${out}/sessions/${sid}/metadata.json`, 'utf8'));
    expect(metadata).toMatchObject({ conversation_id: sid });
    const unknown = await runCommand(['export', 'nothing', '-o', out, '--url', server.url]);
    expect(unknown).toMatchObject({ code: 1, stderr: 'convene: There is no conversation nothing.\n' });
  });

  it.each([
    [['export']],
    [['export', 'a', '--trajectory', 'b']],
    [['list', '--limit', '0']],
    [['list', '--state', 'odd']],
    [['import']],
  ])('and others say how they are called: %j', async (args) => {
    expect(await runCommand(args)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error: /),
    });
  });
});

describe('convene doctor', () => {
  it('finds everything well beside a running server', async () => {
    const args = ['doctor', '--data-dir', folder.file('data'), '--port', String(server.port), '--json'];
    const { answer, code } = await json(...args);
    expect(code).toBe(0);
    const found = new Map<string, { status: string; found: string }>(
      answer.map((check: { name: string; status: string; found: string }) => [check.name, check]),
    );
    expect(found.get('store')).toMatchObject({
      status: 'ok',
      found: expect.stringContaining('2 conversations'),
    });
    expect(found.get('lock')?.found).toContain(String(server.pid));
    expect(found.get('port')?.status).toBe('ok');
  });

  it('says what is broken, how to mend it, and ends with 1', async () => {
    const { code, stdout } = await runCommand([
      'doctor',
      '--data-dir',
      folder.file('new'),
      '--port',
      String(server.port),
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^broken +port .*\n +→ .*--port\.$/m);
    const configuration = await runCommand(['doctor', '--port', 'x']);
    expect(configuration.code).toBe(1);
    expect(configuration.stdout).toMatch(/^broken +configuration +port \(flag --port\)/m);
  });
});
