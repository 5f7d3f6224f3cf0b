/** A conversation about a repository, with real git, a host that asks for a token, and a server that dies. */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { GitServer, makeRepository } from '../fixtures/git-server.ts';
import { carrying } from './harness/processes.ts';
import { RawClient } from './harness/raw-client.ts';
import { ServerProcess } from './harness/server-process.ts';
import { TemporaryFolder } from './harness/temporary-folder.ts';
import { until } from './harness/until.ts';
import { isState, type WireEvent } from './harness/wire.ts';

const TOKEN = 'ghp_0123456789abcdefghijklmnopqrstuvwxyz';

let folder: TemporaryFolder;
let git: GitServer;
beforeAll(async () => {
  folder = await TemporaryFolder.make();
  await mkdir(folder.file('hosted'));
  await makeRepository(folder.file('hosted/owner/private.git'), { 'README.md': 'Hello\n' });
});
afterAll(() => folder[Symbol.asyncDispose]());
beforeEach(async () => {
  git = await GitServer.start(folder.file('hosted'));
  git.token = TOKEN;
});

function serve(name: string): Promise<ServerProcess> {
  return ServerProcess.start({ dataDir: folder.file(name), env: { CONVENE_GITHUB_URL: git.url } });
}

async function create(server: ServerProcess, body: object = {}): Promise<string> {
  const asked = {
    initial_user_msg: '$ cat private/README.md',
    selected_repository: 'owner/private',
    ...body,
  };
  const { body: created } = await server.api.post('/api/conversations', asked);
  return String(Object(created).conversation_id);
}

const succeeded = (event: WireEvent): boolean => event.observation === 'success';
const greeted = (event: WireEvent): boolean => event.observation === 'run' && event.content === 'Hello';

it('is worked on with the token of the settings, which is nowhere to be found', async () => {
  await using host = git;
  await using server = await serve('token');
  await server.api.post('/api/settings', { github_token: TOKEN });
  const sid = await create(server, { selected_branch: 'other' });
  using client = new RawClient({ url: server.url, query: { conversation_id: sid } });
  const cloned = await client.event('cloned', succeeded);
  expect(cloned).toMatchObject({
    source: 'agent',
    message: 'Cloned owner/private (branch other) into the folder private of the workspace.',
    extras: { repository: { name: 'owner/private', branch: 'other', folder: 'private' } },
  });
  await client.event('the output', greeted);
  expect(host.requests.some(({ authorization }) => authorization !== null)).toBe(true);

  // The user's own git has no token to push with, and no way to one.
  client.emit('oh_user_action', {
    action: 'run',
    args: { command: 'env; git -C private config --list', hidden: false },
  });
  await client.event('the settings of git', (event) => String(event.content).includes('remote.origin.url'));
  const seen = JSON.stringify([client.events, client.frames, client.packets, await server.api.events(sid)]);
  expect(seen).not.toContain(TOKEN);
  expect(seen).not.toContain(Buffer.from(`x-access-token:${TOKEN}`).toString('base64'));
  expect(seen).not.toContain('x-access-token');
  expect(server.stderr).not.toContain(TOKEN);
  const names = await readdir(folder.file('token'), { recursive: true });
  expect(names.some((name) => name.endsWith('private/.git/config'))).toBe(true);
  for (const name of names) {
    const content = await readFile(join(folder.file('token'), name), 'latin1').catch(() => '');
    expect(content.includes(TOKEN), name).toBe(false);
  }
});

it('is cloned by the next server where this one was killed in the middle, and its git ends with it', async () => {
  await using host = git;
  const asked = host.hold();
  const first = await serve('killed');
  await first.api.post('/api/settings', { github_token: TOKEN });
  const sid = await create(first);
  await asked;
  expect(carrying(host.url)).not.toEqual([]);
  await first.kill();
  await until('git has ended', () => carrying(`${host.url}/owner`).length === 0);
  host.release();
  await using second = await serve('killed');
  using client = new RawClient({ url: second.url, query: { conversation_id: sid } });
  await client.event('the output', greeted);
  expect(client.events.filter(succeeded)).toHaveLength(1);
  expect(await readdir(folder.file('killed/workspaces/.cloning'))).toEqual([]);
});

it('shows a person why it failed: a status, an error, and the state', async () => {
  await using host = git;
  const asked = host.hold();
  await using server = await serve('failed');
  const sid = await create(server);
  await asked;
  using client = new RawClient({ url: server.url, query: { conversation_id: sid } });
  await client.joined();
  host.release();
  await client.event('the state', (event) => isState(event, 'error'));
  const error = await client.event('the error', (event) => event.observation === 'error');
  expect(error).toMatchObject({ source: 'agent', extras: { error_id: 'AGENT_ERROR$REPOSITORY' } });
  expect(error.content).toMatch(
    /Could not clone owner\/private: it does not exist, or it needs access rights/,
  );
  await client.until('the status', () => client.frames.some((frame) => Object(frame).type === 'error'));
  expect(client.frames).toContainEqual({
    status_update: true,
    type: 'error',
    id: 'STATUS$ERROR_REPOSITORY',
    message: error.content,
  });

  // The token is set, and counts at the next attempt.
  await server.api.post('/api/settings', { github_token: TOKEN });
  await server.api.say(sid, 'Again');
  await client.event('cloned', succeeded);
});

it('is refused where its name would be an option or a command for git', async () => {
  await using _ = git;
  await using server = await serve('refused');
  for (const selected_repository of [
    '--upload-pack=id',
    'ext::sh -c id',
    'file:///etc',
    '/etc',
    `https://${TOKEN}@h/a`,
  ]) {
    const { status, body } = await server.api.post('/api/conversations', { selected_repository });
    expect(status).toBe(400);
    expect(body).toMatchObject({
      status: 'error',
      message: expect.stringMatching(/^selected_repository: /),
      error: { code: 'invalid_request', field: 'selected_repository' },
    });
    expect(JSON.stringify(body)).not.toContain(TOKEN);
  }
  expect(await server.api.list()).toEqual([]);
});
