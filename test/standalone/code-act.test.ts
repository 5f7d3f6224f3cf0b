/** `CodeActAgent` at work: a real server, real commands, and a stand-in for the model's provider over HTTP. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { RecordingClient } from './harness/client.ts';
import { apiKey, apis, calls, mockLlm, pairsOf, serverWith } from './harness/model.ts';
import { ServerProcess } from './harness/server-process.ts';
import { SharedModel } from './harness/shared.ts';
import { TemporaryFolder } from './harness/temporary-folder.ts';
import { until } from './harness/until.ts';
import { changeState, commandOf, isState, message, textOf, type WireEvent } from './harness/wire.ts';

/** What the deltas that came put together say. */
function streamed(client: RecordingClient): string {
  return client
    .payloads('oh_delta')
    .map((delta) => Object(delta))
    .filter(({ kind }) => kind === 'message')
    .map(({ text }) => String(text))
    .join('');
}

function exitCode(event: WireEvent): unknown {
  return event.observation === 'run' ? Object(event.extras?.['metadata']).exit_code : undefined;
}

describe.each(apis)('CodeActAgent with a model behind %s’s API', (api) => {
  const own = new SharedModel(api);

  async function watch(sid: string): Promise<RecordingClient> {
    const client = own.use(new RecordingClient({ sid }));
    return client.joined(own.server.url);
  }

  /** A conversation whose workspace has these files, and somebody in it. */
  async function conversation(files: Record<string, string> = {}): Promise<RecordingClient> {
    const sid = await own.server.api.create();
    const workspace = own.folder.file(`data/workspaces/${sid}`);
    await mkdir(workspace, { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(`${workspace}/${name}`, text);
    const client = await watch(sid);
    await client.event('it waits', (event) => isState(event, 'awaiting_user_input'));
    return client;
  }

  it('explores a repository, sees its test fail, mends it, sees it pass, and finishes', async () => {
    const client = await conversation({
      'sum.mjs': 'export function sum(a, b) {\n  return a - b;\n}\n',
      'test.mjs':
        "import assert from 'node:assert';\nimport { sum } from './sum.mjs';\nassert.equal(sum(2, 2), 4);\n",
    });
    const from = own.llm.requests.length;
    own.llm.add(
      calls('run', { command: 'ls' }, 'I look around.'),
      calls('read', { path: 'sum.mjs' }),
      calls('run', { command: 'node test.mjs' }),
      calls('think', { thought: 'The sign is wrong.' }),
      calls('edit', { command: 'str_replace', path: 'sum.mjs', old_str: 'a - b', new_str: 'a + b' }),
      calls('write', { path: 'NOTES.md', content: 'Mended.\n' }),
      calls('run', { command: 'node test.mjs && echo passed' }),
      calls('finish', { message: 'sum adds now.' }, 'Done.'),
    );
    await client.sent(message('The test of this repository fails. Mend it.'));
    await client.event('finished', (event) => isState(event, 'finished'));

    const codes = client.events.map(exitCode).filter((code) => code !== undefined);
    expect(codes).toEqual([0, 1, 0]);
    expect(client.events.find(({ action }) => action === 'finish')).toMatchObject({
      source: 'agent',
      args: { thought: 'Done.', final_thought: 'sum adds now.' },
      tool_call_metadata: { function_name: 'finish' },
    });
    const workspace = own.folder.file(`data/workspaces/${client.sid}`);
    expect(await readFile(`${workspace}/sum.mjs`, 'utf8')).toContain('a + b');
    const requests = own.llm.requests.slice(from);
    expect(requests.map(pairsOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const last = JSON.stringify(requests.at(-1)?.body);
    for (const told of ['sum.mjs', 'AssertionError', 'passed', 'The sign is wrong.'])
      expect(last).toContain(told);

    own.llm.add({ text: 'You are welcome.' });
    await client.sent(message('Thanks.'));
    await client.event('it answers', (event) => textOf(event) === 'You are welcome.');
    expect(own.llm.requests.slice(from).map(pairsOf).at(-1)).toBe(8);
  });

  it('shows its words as they come to everybody who watches', async () => {
    const one = await conversation();
    const other = await watch(one.sid);
    const gates = [0, 1, 2].map(() => Promise.withResolvers<void>());
    const words = ['One ', 'by ', 'one.'];
    own.llm.add({ text: words.flatMap((word, index) => [word, gates[index]?.promise ?? '']) });
    await one.sent(message('Tell me.'));
    for (const [index, gate] of gates.entries()) {
      const sofar = words.slice(0, index + 1).join('');
      for (const client of [one, other]) await client.until(sofar, () => streamed(client) === sofar);
      expect(one.events.some((event) => textOf(event) === 'One by one.')).toBe(false);
      gate.resolve();
    }
    await one.event('the whole', (event) => textOf(event) === 'One by one.');
    expect(one.payloads('oh_delta').length).toBeGreaterThanOrEqual(3);
  });

  it('does the first of several things that its model asks for at once, and shows it that one only', async () => {
    const client = await conversation();
    const toolCalls = ['one', 'two'].map((word) => ({ name: 'run', arguments: { command: `echo ${word}` } }));
    own.llm.add({ toolCalls }, { text: 'One it is.' });
    await client.sent(message('Count.'));
    await client.event('the answer', (event) => textOf(event) === 'One it is.');
    expect(client.events.flatMap((event) => commandOf(event) ?? [])).toEqual(['echo one']);
    const last = own.llm.requests.at(-1);
    expect(last === undefined ? 0 : pairsOf(last)).toBe(1);
    expect(JSON.stringify(last?.body)).not.toContain('echo two');
  });

  it('shows its model the images of a message', async () => {
    const client = await conversation();
    const pixel =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    own.llm.add({ text: 'A pixel.' });
    const args = { content: 'What is this?', image_urls: [`data:image/png;base64,${pixel}`] };
    await client.sent({ action: 'message', args });
    await client.event('the answer', (event) => textOf(event) === 'A pixel.');
    expect(JSON.stringify(own.llm.requests.at(-1)?.body)).toContain(pixel);
  });

  it('stops listening to its model at once when it is stopped, and goes on with what comes next', async () => {
    const client = await conversation();
    const never = new Promise<void>(() => {});
    own.llm.add({ text: ['I think', never] }, { text: 'Here I am.' });
    await client.sent(message('Think.'));
    await client.until('a word', () => streamed(client) === 'I think');
    await client.sent(changeState('stopped'));
    await client.event('it has stopped', (event) => isState(event, 'stopped'));
    await client.sent(message('Are you there?'));
    await client.event('the answer', (event) => textOf(event) === 'Here I am.');
    expect(JSON.stringify(own.llm.requests.at(-1)?.body)).toContain('Think.');
  });

  it('tells its model that an action was rejected', async () => {
    const settings = { confirmation_mode: true };
    await own.server.api.post('/api/settings', settings);
    const client = await conversation();
    await own.server.api.post('/api/settings', { confirmation_mode: false });
    own.llm.add(calls('run', { command: 'rm -rf .' }), { text: 'Then not.' });
    await client.sent(message('Clean up.'));
    await client.event('it asks', (event) => isState(event, 'awaiting_user_confirmation'));
    const action = await client.event('the action', (event) => commandOf(event) !== null);
    const args = { agent_state: 'user_rejected', action_id: action.id };
    await client.sent({ action: 'change_agent_state', args });
    await client.event('it waits', (event) => isState(event, 'awaiting_user_input') && event.id > action.id);
    await client.sent(message('No, keep it all.'));
    await client.event('the answer', (event) => textOf(event) === 'Then not.');
    const last = own.llm.requests.at(-1);
    expect(JSON.stringify(last?.body)).toContain('The user rejected this');
    expect(last === undefined ? 0 : pairsOf(last)).toBe(1);
  });

  it('never shows its key', async () => {
    const client = await conversation();
    own.llm.add({ text: `It is ${apiKey.slice(0, 7)}` }, calls('run', { command: `echo ${apiKey}` }), {
      text: 'Well.',
    });
    await client.sent(message('What is the key?'));
    await client.event('an answer', (event) => textOf(event) !== null && event.source === 'agent');
    await client.sent(message('Try echo.'));
    await client.event('the end', (event) => textOf(event) === 'Well.');
    const headers = own.llm.requests.at(-1)?.headers;
    expect(`${headers?.['authorization']} ${headers?.['x-api-key']}`).toContain(apiKey);
    const shown = JSON.stringify([client.events, client.frames, await own.server.api.events(client.sid)]);
    expect(shown).not.toContain(apiKey);
    expect(own.server.stderr).not.toContain(apiKey);
  });

  it('has its conversations named by the model, and tells whoever watches', async () => {
    const client = await conversation();
    own.llm.add({ text: 'Hello.' });
    await client.sent(message('Good morning.'));
    const title = 'A title from the model';
    const titles = () =>
      client.payloads('oh_event').flatMap((frame) => Object(frame).conversation_title ?? []);
    await client.until('the title', () => titles().includes(title));
    expect(titles()).toEqual(['Good morning.', title]);
    expect(client.payloads('oh_event').map((frame) => Object(frame))).toContainEqual({
      status_update: true,
      type: 'info',
      id: '',
      message: client.sid,
      conversation_title: title,
    });
    expect((await own.server.api.get(`/api/conversations/${client.sid}`)).body).toMatchObject({ title });
  });

  it('is the agent of this server, which offers its model', async () => {
    expect((await own.server.api.get('/api/options/agents')).body).toContain('CodeActAgent');
    expect((await own.server.api.get('/api/options/models')).body).toContain(`${api}/mock`);
  });
});

describe('without a configured model', () => {
  it('the agent is the ShellAgent, until settings name a model; an agent that lacks one is refused', async () => {
    await using folder = await TemporaryFolder.make();
    await using llm = await mockLlm([{ text: 'Hello from the model.' }]);
    await using server = await ServerProcess.start({ dataDir: folder.file('data') });
    const { api } = server;
    const answered = async (sid: string): Promise<string | null> => {
      const find = async () =>
        (await api.events(sid)).find((event) => event.source === 'agent' && event.action === 'message');
      return textOf(await until('an answer', find));
    };
    expect(await answered(await api.create({ initial_user_msg: 'Hello.' }))).toContain('I run commands');

    await api.post('/api/settings', { agent: 'CodeActAgent' });
    const refused = await api.post('/api/conversations', { initial_user_msg: 'Hello.' });
    expect(refused).toEqual({
      status: 400,
      body: { status: 'error', message: 'Settings not found', msg_id: 'CONFIGURATION$SETTINGS_NOT_FOUND' },
    });

    await api.post('/api/settings', { llm_model: 'openai/mock', llm_api_key: apiKey, llm_base_url: llm.url });
    expect(await answered(await api.create({ initial_user_msg: 'Hello.' }))).toBe('Hello from the model.');
    await api.post('/api/settings', { agent: 'ShellAgent' });
    expect(await answered(await api.create({ initial_user_msg: 'Hello.' }))).toContain('I run commands');
    expect(server.stderr).not.toContain(apiKey);
  });
});

describe.each(apis)('after kill -9, with %s’s API', (api) => {
  it('in the middle of an answer, the model is asked again, and the answer stands once', async () => {
    await using folder = await TemporaryFolder.make();
    await using llm = await mockLlm([{ text: ['Half an ans', new Promise<void>(() => {})] }]);
    await using first = await serverWith(llm, folder.file('data'), { api });
    const sid = await first.api.create({ initial_user_msg: 'Answer.' });
    using client = new RecordingClient({ sid });
    await client.joined(first.url);
    await llm.requested(1);
    await first.kill();

    llm.add({ text: 'The answer.' });
    await using second = await serverWith(llm, folder.file('data'), { api });
    client.connect(second.url);
    await client.event('the answer', (event) => textOf(event) === 'The answer.');
    await client.event('it waits', (event) => isState(event, 'awaiting_user_input'));
    const said = (await second.api.events(sid)).filter((event) => event.action === 'message');
    expect(said.map(textOf)).toEqual(['Answer.', 'The answer.']);
    expect(llm.requests).toHaveLength(2);
  });

  it('and after SIGTERM in the middle of an answer alike', async () => {
    await using folder = await TemporaryFolder.make();
    await using llm = await mockLlm([{ text: ['Half an ans', new Promise<void>(() => {})] }]);
    const env = { CONVENE_DRAIN_GRACE_MS: '50' };
    await using first = await serverWith(llm, folder.file('data'), { api, env });
    const sid = await first.api.create({ initial_user_msg: 'Answer.' });
    await llm.requested(1);
    expect(await first.stop()).toEqual({ code: 0, signal: null });

    llm.add({ text: 'The answer.' });
    await using second = await serverWith(llm, folder.file('data'), { api, env });
    using client = await new RecordingClient({ sid }).joined(second.url);
    await client.event('the answer', (event) => textOf(event) === 'The answer.');
    const said = (await second.api.events(sid)).filter((event) => event.action === 'message');
    expect(said.map(textOf)).toEqual(['Answer.', 'The answer.']);
    expect(first.errors).toEqual([]);
  });

  it('in the middle of a command, the model is told so, and the command is not repeated', async () => {
    await using folder = await TemporaryFolder.make();
    await using llm = await mockLlm([calls('run', { command: 'echo once >> done.txt; sleep 100' })]);
    await using first = await serverWith(llm, folder.file('data'), { api });
    const sid = await first.api.create({ initial_user_msg: 'Do it.' });
    const file = folder.file(`data/workspaces/${sid}/done.txt`);
    const lines = () => readFile(file, 'utf8').catch(() => '');
    await until('the command runs', async () => (await lines()) !== '');
    await first.kill();

    llm.add(calls('run', { command: 'cat done.txt' }), calls('finish', { message: 'It was done.' }));
    await using second = await serverWith(llm, folder.file('data'), { api });
    using client = await new RecordingClient({ sid }).joined(second.url);
    await client.event('finished', (event) => isState(event, 'finished'));
    expect(await lines()).toBe('once\n');
    const [, told] = llm.requests;
    expect(JSON.stringify(told?.body)).toContain('may or may not have taken effect');
    expect(told === undefined ? 0 : pairsOf(told)).toBe(1);
    expect((await second.api.events(sid)).map(commandOf).filter(Boolean)).toEqual([
      'echo once >> done.txt; sleep 100',
      'cat done.txt',
    ]);
  });
});
