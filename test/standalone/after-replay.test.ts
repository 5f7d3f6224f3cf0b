/** A trajectory played back in a cloned repository, and a model that goes on from there. */
import { mkdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { GitServer, makeRepository } from '../fixtures/git-server.ts';
import { RecordingClient } from './harness/client.ts';
import { calls, mockLlm, pairsOf, serverWith } from './harness/model.ts';
import { TemporaryFolder } from './harness/temporary-folder.ts';
import { isState, message } from './harness/wire.ts';

it('knows of the clone and of what was carried out anew, and of nothing else', async () => {
  await using folder = await TemporaryFolder.make();
  await mkdir(folder.file('hosted'));
  await makeRepository(folder.file('hosted/owner/name.git'), { 'README.md': 'Hello\n' });
  await using git = await GitServer.start(folder.file('hosted'));
  await using llm = await mockLlm([calls('finish', { message: 'It says Hello.' })]);
  await using server = await serverWith(llm, folder.file('data'), { env: { CONVENE_GITHUB_URL: git.url } });
  const { body } = await server.api.post('/api/conversations', {
    selected_repository: 'owner/name',
    replay_json: [
      { source: 'user', action: 'message', args: { content: 'Read it' } },
      { source: 'agent', action: 'run', args: { command: 'cat name/README.md' } },
      { source: 'agent', observation: 'run', content: 'of then', extras: {}, cause: 1 },
    ],
  });
  const sid = String(Object(body).conversation_id);
  using client = new RecordingClient({ sid });
  await client.joined(server.url);
  await client.event('it waits', (event) => isState(event, 'awaiting_user_input'));
  expect(llm.requests).toEqual([]); // playing back asks no model

  await client.sent(message('What does it say?'));
  await client.event('finished', (event) => isState(event, 'finished'));
  const [request] = llm.requests;
  if (request === undefined) throw new Error('the model was not asked');
  expect(pairsOf(request)).toBe(1);
  const asked = JSON.stringify(request.body);
  for (const known of [
    'Read it',
    'Cloned owner/name (branch main) into the folder name',
    'cat name/README.md',
    'Hello',
  ]) {
    expect(asked).toContain(known);
  }
  expect(asked).not.toContain('of then');
});
