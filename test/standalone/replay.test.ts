/** A recorded trajectory, played back by a server that is killed in the middle. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RawClient } from './harness/raw-client.ts';
import { ServerProcess } from './harness/server-process.ts';
import { TemporaryFolder } from './harness/temporary-folder.ts';
import { commandOf, isState, textOf } from './harness/wire.ts';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await TemporaryFolder.make();
});
afterAll(() => folder[Symbol.asyncDispose]());

/** As OpenHands 0.27 records them. */
const user = (id: number, content: string) => ({
  id,
  timestamp: '2025-03-01T10:00:00.000000',
  source: 'user',
  message: content,
  action: 'message',
  args: { content, image_urls: null, wait_for_response: false },
});
const run = (id: number, command: string) => ({
  id,
  timestamp: '2025-03-01T10:00:01.000000',
  source: 'agent',
  message: `Running command: ${command}`,
  action: 'run',
  args: {
    command,
    is_input: false,
    thought: 'Let me see.',
    blocking: false,
    hidden: false,
    confirmation_state: 'confirmed',
  },
  timeout: 120,
  tool_call_metadata: {
    function_name: 'execute_bash',
    tool_call_id: 'x',
    model_response: {},
    total_calls_in_response: 1,
  },
});
const ran = (id: number, cause: number, content: string) => ({
  id,
  timestamp: '2025-03-01T10:00:02.000000',
  source: 'agent',
  message: 'Command executed.',
  cause,
  observation: 'run',
  content,
  extras: { command: '', hidden: false, metadata: { exit_code: 0, pid: -1, working_dir: '/workspace' } },
  success: true,
});
const finish = (id: number) => ({
  id,
  timestamp: '2025-03-01T10:00:03.000000',
  source: 'agent',
  message: 'All done!',
  action: 'finish',
  args: { outputs: {}, thought: 'All done!' },
});

async function create(server: ServerProcess, replay_json: unknown): Promise<string> {
  const { status, body } = await server.api.post('/api/conversations', { replay_json });
  expect(status).toBe(200);
  return String(Object(body).conversation_id);
}

it('is carried out anew, over a kill, and no action twice', async () => {
  const dataDir = folder.file('killed');
  const trajectory = [
    user(0, 'Count'),
    run(1, 'echo one >> counted'),
    ran(2, 1, 'of then'),
    run(3, 'echo two >> counted; sleep 100'),
    run(4, 'echo three >> counted'),
    finish(5),
  ];
  const first = await ServerProcess.start({ dataDir });
  const sid = await create(first, JSON.stringify(trajectory));
  using before = new RawClient({ url: first.url, query: { conversation_id: sid } });
  await before.event('the second', (event) => commandOf(event)?.includes('two') ?? false);
  await first.kill();

  await using second = await ServerProcess.start({ dataDir });
  using client = new RawClient({ url: second.url, query: { conversation_id: sid } });
  await client.event('finished', (event) => isState(event, 'finished'));
  expect(client.events.filter((event) => commandOf(event) !== null)).toHaveLength(3);
  expect(client.events.find((event) => textOf(event) === 'Count')).toMatchObject({ id: 0, source: 'user' });
  expect(JSON.stringify(client.events)).not.toContain('of then');
  const lines = (await readFile(`${dataDir}/workspaces/${sid}/counted`, 'utf8')).trim().split('\n');
  expect(lines.filter((line) => line === 'two').length).toBeLessThanOrEqual(1);
  expect(lines.filter((line) => line !== 'two')).toEqual(['one', 'three']);

  client.emit('oh_user_action', { action: 'message', args: { content: '$ tail -n 1 counted' } });
  await client.event(
    'the ordinary agent',
    (event) => event.observation === 'run' && event.content === 'three',
  );
});

it('awaits input at its end, and is refused with the index of a bad event', async () => {
  await using server = await ServerProcess.start({ dataDir: folder.file('bad') });
  const sid = await create(server, [run(0, 'true')]);
  using client = new RawClient({ url: server.url, query: { conversation_id: sid } });
  await client.event('it waits', (event) => isState(event, 'awaiting_user_input'));
  const bad = { ...run(1, ''), args: {} };
  const { status, body } = await server.api.post('/api/conversations', {
    replay_json: [run(0, 'true'), bad],
  });
  expect(status).toBe(400);
  expect(body).toMatchObject({
    status: 'error',
    message: expect.stringContaining('event 1: args.command'),
    error: { field: 'replay_json', index: 1 },
  });
});
