/** `convene chat` as people and scripts use it: a real command against a real server. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MockLlm, withoutTools } from '../../src/testing/mock-llm.ts';
import { type RunningCommand, runCommand, startCommand } from './harness/command.ts';
import { ServerProcess } from './harness/server-process.ts';
import { TemporaryFolder } from './harness/temporary-folder.ts';
import { until } from './harness/until.ts';

let folder: TemporaryFolder;
let server: ServerProcess;
let chat: RunningCommand | null = null;
beforeEach(async () => {
  folder = await TemporaryFolder.make();
  server = await ServerProcess.start({ dataDir: folder.path });
});
afterEach(async () => {
  chat?.child.kill('SIGKILL');
  await chat?.ended;
  chat = null;
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

function talk(...args: string[]): RunningCommand {
  chat = startCommand(['chat', ...args, '--url', server.url]);
  return chat;
}

function shows(text: string | RegExp): Promise<unknown> {
  return until(`it shows ${text}`, () => {
    const shown = chat?.stdout() ?? '';
    return typeof text === 'string' ? shown.includes(text) : text.test(shown);
  });
}

describe('in a pipe', () => {
  it('each line is a message, and its answer comes before the next one', async () => {
    const input = '$ echo one; exit 3\nhello\n$ echo two';
    const { code, stderr, stdout } = await runCommand(['chat', '--url', server.url], input);
    expect([code, stderr]).toEqual([0, '']);
    const order = [
      '> $ echo one',
      'stored as',
      '\none\n',
      '! exit code 3',
      '> hello',
      'I run commands',
      '\ntwo\n',
      '· exit code 0',
    ];
    let from = 0;
    for (const text of order) {
      from = stdout.indexOf(text, from);
      expect(from, text).toBeGreaterThanOrEqual(0);
    }
  });

  it('goes on with a conversation, and shows the end of what there was', async () => {
    const sid = await server.api.create({ initial_user_msg: '$ echo before' });
    await until('it rests', async () =>
      JSON.stringify(await server.api.events(sid)).includes('awaiting_user_input'),
    );
    const { code, stdout } = await runCommand(['chat', sid, '--url', server.url], '$ echo after\n');
    expect(code).toBe(0);
    expect(stdout).toMatch(/before\n[\s\S]*> \$ echo after\n[\s\S]*after\n· exit code 0/);
  });

  it('says in one line what is wrong', async () => {
    const unknown = await runCommand(['chat', 'nothing', '--url', server.url]);
    expect(unknown).toMatchObject({ code: 1, stderr: 'convene: There is no conversation nothing.\n' });
    const nowhere = await runCommand(['chat', '--url', 'http://127.0.0.1:1'], 'hello');
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toMatch(/^convene: The server at http:\/\/127\.0\.0\.1:1 .*convene serve.*\n$/);
    expect((await runCommand(['chat', '--url', 'somewhere'])).code).toBe(2);
  });
});

describe('a conversation', () => {
  it('is paused by the first Ctrl-C and left by the second', async () => {
    const { child, ended } = talk();
    child.stdin.write('$ echo begun; sleep 60\n');
    await shows('\nbegun\n');
    child.kill('SIGINT');
    await shows('· paused');
    child.kill('SIGINT');
    expect((await ended).code).toBe(0);
  });

  it('asks for consent', async () => {
    await server[Symbol.asyncDispose]();
    server = await ServerProcess.start({ dataDir: folder.path, args: ['--confirmation-mode'] });
    const { code, stdout } = await runCommand(
      ['chat', '--url', server.url],
      '$ echo yes, done\ny\n$ echo no, not done\nn\n',
    );
    expect(code).toBe(0);
    expect(stdout.match(/Shall this be done/g)).toHaveLength(2);
    expect(stdout).toMatch(/\nyes, done\n/);
    expect(stdout).not.toMatch(/\nno, not done\n/);
  });

  it('goes on when the server comes back, and sends what was typed meanwhile', async () => {
    const { child, ended } = talk();
    child.stdin.write('$ echo first\n');
    await shows(/\nfirst\n[\s\S]*awaiting user input/);
    const { port } = server;
    await server.kill();
    await shows('the connection is lost');
    child.stdin.write('$ echo second\n');
    child.stdin.end();
    server = await ServerProcess.start({ dataDir: folder.path, args: ['--port', String(port)] });
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout).toContain('connected again');
    expect(stdout.match(/\nsecond\n/g)).toHaveLength(1);
  });

  it('ends when it is deleted', async () => {
    const sid = await server.api.create();
    const { ended } = talk(sid);
    await shows(/awaiting user input/);
    await fetch(`${server.url}/api/conversations/${sid}`, { method: 'DELETE' });
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([1, 'convene: Conversation not found.\n']);
  });

  it('shows what a model says as it comes, once', async () => {
    await using llm = await MockLlm.start([{ text: ['A str', 'eamed ', 'answer.'] }], {
      aside: withoutTools({ text: 'A title' }),
    });
    await server[Symbol.asyncDispose]();
    const env = { LLM_MODEL: 'openai/mock', LLM_API_KEY: 'key', LLM_BASE_URL: llm.url };
    server = await ServerProcess.start({ dataDir: folder.path, env });
    const { code, stdout } = await runCommand(['chat', '--url', server.url], 'hello');
    expect(code).toBe(0);
    expect(stdout.split('A streamed answer.')).toHaveLength(2);
  });
});
