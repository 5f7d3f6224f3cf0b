/** What becomes of a conversation whose model fails: the state, what a person reads, and that it can go on. */
import { describe, expect, it } from 'vitest';
import type { MockScriptStep } from '../../src/testing/mock-llm.ts';
import { RecordingClient } from './harness/client.ts';
import { apiKey, apis, calls, mockLlm, pairsOf, RETRIES, serverWith } from './harness/model.ts';
import { SharedModel } from './harness/shared.ts';
import { TemporaryFolder } from './harness/temporary-folder.ts';
import { isState, message, textOf } from './harness/wire.ts';

function times(count: number, step: MockScriptStep): MockScriptStep[] {
  return Array.from({ length: count }, () => step);
}

/** After so many useless answers in a row a step has failed. */
const USELESS = 4;

interface Failure {
  readonly what: string;
  readonly script: readonly MockScriptStep[];
  readonly state: 'error' | 'rate_limited';
  /** What a person reads. */
  readonly says: RegExp;
  /** The id of the error in the log. */
  readonly errorId: string;
  /** The error status that viewers are told. */
  readonly status?: string;
  readonly retries?: number;
}

const authentication = 'STATUS$ERROR_LLM_AUTHENTICATION';
const unavailable = 'STATUS$ERROR_LLM_SERVICE_UNAVAILABLE';
const internal = 'STATUS$ERROR_LLM_INTERNAL_SERVER_ERROR';

const failures: readonly Failure[] = [
  {
    what: 'a wrong key',
    script: [{ fault: 'wrong_key' }],
    state: 'error',
    says: /does not accept the API key: .*Set a valid key: LLM_API_KEY, or the settings page for conversations that are started afterwards/,
    errorId: authentication,
    status: authentication,
  },
  {
    what: 'a quota that is used up',
    script: [{ fault: 'quota' }],
    state: 'rate_limited',
    says: /quota or credit of the account .* is used up: .*Add credit/,
    errorId: 'LLM_ERROR$QUOTA',
  },
  {
    what: 'too many requests',
    script: times(RETRIES + 1, { fault: 'rate_limit' }),
    state: 'rate_limited',
    says: /takes no more requests for now: .*Wait a little/,
    errorId: 'LLM_ERROR$RATE_LIMIT',
    retries: RETRIES,
  },
  {
    what: 'an outage',
    script: times(RETRIES + 1, { fault: 'unavailable' }),
    state: 'error',
    says: /cannot be reached or is overloaded: .*Send a message to try again/,
    errorId: unavailable,
    status: unavailable,
    retries: RETRIES,
  },
  {
    what: 'connections that break',
    script: times(RETRIES + 1, { fault: 'reset' }),
    state: 'error',
    says: /cannot be reached or is overloaded/,
    errorId: unavailable,
    status: unavailable,
    retries: RETRIES,
  },
  {
    what: 'an error of the provider',
    script: times(RETRIES + 1, { fault: 'internal' }),
    state: 'error',
    says: /The model's provider \(127\.0\.0\.1:\d+\) failed: .*Send a message to try again/,
    errorId: internal,
    status: internal,
    retries: RETRIES,
  },
  {
    what: 'silence',
    script: times(RETRIES + 1, { fault: 'hang' }),
    state: 'error',
    says: /did not answer in time: nothing came for 0\.7 s/,
    errorId: 'LLM_ERROR$TIMEOUT',
    status: unavailable,
    retries: RETRIES,
  },
  {
    what: 'an unknown model',
    script: [{ fault: 'unknown_model' }],
    state: 'error',
    says: /refused the request for the model .*Check the model's name/,
    errorId: 'LLM_ERROR$REFUSED',
  },
  {
    what: 'tool calls that are no JSON',
    script: times(USELESS, calls('run', '{"command": "ls')),
    state: 'error',
    says: /gave no answer of use, 4 times in a row; .*no valid JSON/,
    errorId: 'AGENT_ERROR$BAD_ANSWER',
    retries: USELESS - 1,
  },
  {
    what: 'tool calls without what the tool needs',
    script: times(USELESS, calls('run', { cmd: 'ls' })),
    state: 'error',
    says: /gave no answer of use, 4 times in a row; .*The arguments of run do not fit/,
    errorId: 'AGENT_ERROR$BAD_ANSWER',
    retries: USELESS - 1,
  },
  {
    what: 'calls of tools that there are not',
    script: times(USELESS, calls('fly', {})),
    state: 'error',
    says: /There is no tool "fly"/,
    errorId: 'AGENT_ERROR$BAD_ANSWER',
    retries: USELESS - 1,
  },
  {
    what: 'empty answers',
    script: times(USELESS, {}),
    state: 'error',
    says: /gave no answer of use, 4 times in a row; the last time its answer was empty/,
    errorId: 'AGENT_ERROR$BAD_ANSWER',
    retries: USELESS - 1,
  },
  {
    what: 'a conversation that is too long for it',
    script: times(3, { fault: 'context_overflow' }),
    state: 'error',
    says: /longer than the model .* can read, also with old output left out. Begin a new conversation/,
    errorId: 'LLM_ERROR$CONTEXT_OVERFLOW',
    retries: 2,
  },
  {
    what: 'the same call again and again',
    script: times(4, calls('run', { command: 'echo again' })),
    state: 'error',
    says: /got stuck in a loop: the same action had the same result four times/,
    errorId: 'AGENT_ERROR$STUCK_IN_LOOP',
  },
];

describe.each(apis)('with a model behind %s’s API', (api) => {
  const own = new SharedModel(api);

  async function conversation(): Promise<RecordingClient> {
    const client = own.use(new RecordingClient({ sid: await own.server.api.create() }));
    await client.joined(own.server.url);
    await client.event('it waits', (event) => isState(event, 'awaiting_user_input'));
    return client;
  }

  function statuses(client: RecordingClient): { type: string; id: string }[] {
    return client
      .payloads('oh_event')
      .map((frame) => Object(frame))
      .filter(({ id, status_update }) => status_update === true && id !== '');
  }

  it.each(failures)('$what: $state, said in words, and a message goes on', async (failure) => {
    const { errorId, retries = 0, says, script, state, status } = failure;
    const client = await conversation();
    own.llm.add(...script);
    await client.sent(message('Do something.'));
    await client.event(`it is in ${state}`, (event) => isState(event, state));
    const error = client.events.findLast((event) => event.observation === 'error');
    expect(error).toMatchObject({ content: expect.stringMatching(says), extras: { error_id: errorId } });
    expect(client.events.find((event) => isState(event, state))?.extras).toMatchObject({
      reason: error?.content,
    });
    const told = statuses(client);
    expect(told.filter(({ id }) => id === 'STATUS$LLM_RETRY')).toHaveLength(retries);
    const errors = told.filter(({ type }) => type === 'error').map(({ id }) => id);
    expect(errors).toEqual(status === undefined ? [] : [status]);

    own.llm.add({ text: 'Here I am again.' });
    await client.sent(message('Try again.'));
    await client.event('it goes on', (event) => textOf(event) === 'Here I am again.');
    const last = own.llm.requests.at(-1);
    if (last !== undefined) pairsOf(last);
    expect(JSON.stringify([client.events, client.frames, own.server.stderr])).not.toContain(apiKey);
  });

  it.each<{ what: string; script: MockScriptStep[] }>([
    { what: 'an outage', script: [{ fault: 'unavailable' }] },
    { what: 'an answer that breaks off', script: [{ text: ['Half an'], breaksOff: true }] },
  ])('tries again by itself after $what, and tells whoever watches', async ({ script }) => {
    const client = await conversation();
    own.llm.add(...script, { text: 'The answer.' });
    await client.sent(message('Answer.'));
    await client.event('the answer', (event) => textOf(event) === 'The answer.');
    expect(statuses(client)).toEqual([
      {
        status_update: true,
        type: 'info',
        id: 'STATUS$LLM_RETRY',
        message: expect.stringMatching(/Trying again in 0\.0 s \(1 of 2\)\.$/),
      },
    ]);
    expect(client.events.some((event) => event.observation === 'error')).toBe(false);
  });

  it('waits as long as its provider wants', async () => {
    const client = await conversation();
    own.llm.add({ fault: 'rate_limit', headers: { 'retry-after-ms': '400' } }, { text: 'The answer.' });
    await client.sent(message('Answer.'));
    await client.event('the answer', (event) => textOf(event) === 'The answer.');
    const [first, second] = own.llm.requests.slice(-2);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(395);
  });

  it.each<{ what: string; wrong: MockScriptStep; told: string }>([
    { what: 'a call that is no JSON', wrong: calls('run', '{"command'), told: 'no valid JSON' },
    { what: 'a call of an unknown tool', wrong: calls('fly away', {}), told: 'There is no tool' },
    { what: 'an empty answer', wrong: {}, told: 'its answer was empty' },
  ])('tells its model of $what, and the log of what came of it only', async ({ told, wrong }) => {
    const client = await conversation();
    own.llm.add(wrong, { text: 'Better.' });
    await client.sent(message('Go.'));
    await client.event('the answer', (event) => textOf(event) === 'Better.');
    const last = own.llm.requests.at(-1);
    expect(JSON.stringify(last?.body)).toContain(told);
    if (last !== undefined) pairsOf(last);
    expect(
      (await own.server.api.events(client.sid)).filter(
        (event) => event.action !== undefined && event.source !== 'environment',
      ),
    ).toHaveLength(2);
  });

  it('leaves old output out where its model cannot read it all, and goes on', async () => {
    const client = await conversation();
    const long = times(8, calls('run', { command: 'seq 3000' })).map((step, index) =>
      index % 2 === 0 ? step : calls('run', { command: `echo ${index}; seq 2000` }),
    );
    own.llm.add(...long, { fault: 'context_overflow' }, { text: 'Enough.' });
    await client.sent(message('Count.'));
    await client.event('the answer', (event) => textOf(event) === 'Enough.', 20_000);
    const [before, after] = own.llm.requests.slice(-2).map(({ body }) => JSON.stringify(body).length);
    expect(after).toBeLessThan(before ?? 0);
    for (const request of own.llm.requests.slice(-2)) expect(pairsOf(request)).toBe(8);
  });
});

describe('limits', () => {
  it.each([
    {
      limit: 'iterations',
      env: { CONVENE_MAX_ITERATIONS: '5' },
      says: /^Agent reached maximum iteration: 5/,
    },
    { limit: 'budget', env: { CONVENE_MAX_BUDGET: '0.01' }, says: /^Agent reached maximum budget: 0.01 USD/ },
  ])(
    'an endless loop of different calls ends at the limit of $limit, and a message extends it',
    async ({ env, says }) => {
      await using folder = await TemporaryFolder.make();
      await using llm = await mockLlm();
      const step: MockScriptStep = () => ({
        toolCalls: [{ name: 'think', arguments: { thought: `Thought ${llm.requests.length}` } }],
        usage: { input: 800, output: 0 }, // 0.002 USD
      });
      llm.add(...times(5, step));
      await using server = await serverWith(llm, folder.file('data'), { model: 'gpt-4o', env });
      const sid = await server.api.create({ initial_user_msg: 'Think for ever.' });
      using client = await new RecordingClient({ sid }).joined(server.url);
      await client.event('an error', (event) => isState(event, 'error'));
      const errors = client.events.filter((event) => event.observation === 'error');
      expect(errors.map(({ content }) => content)).toEqual([expect.stringMatching(says)]);
      expect(llm.requests).toHaveLength(5);

      llm.add({ text: 'Enough thought.' });
      await client.sent(message('Go on.'));
      await client.event('it goes on', (event) => textOf(event) === 'Enough thought.');
    },
  );
});
