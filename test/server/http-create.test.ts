/** What `POST /api/conversations` refuses, as its clients show it: by `message`. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer } from './harness.ts';

let server: Awaited<ReturnType<typeof startServer>>;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

it.each([
  [{ replay_json: '[{"source": "agent", "action": "run", "args": {}}]' }, { field: 'replay_json', index: 0 }],
  [{ replay_json: [] }, { field: 'replay_json' }],
  [{ initial_user_msg: 5 }, { field: 'initial_user_msg' }],
])('refuses %j with a message at the top, and the field in the error', async (body, details) => {
  const message = expect.stringContaining(details.field);
  expect(await server.post('/api/conversations', body)).toMatchObject({
    status: 400,
    body: { status: 'error', message, msg_id: '', error: { code: 'invalid_request', message, ...details } },
  });
  expect((await server.get('/api/conversations')).body).toMatchObject({ results: [] });
});
