import { describe, expect, it } from 'vitest';
import { ConveneError, errorTable, isError } from './errors.ts';

/** docs/errors.md, from the table. `vitest run src/errors -u` writes it. */
function renderErrorDocs(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { message, status }]) => `| \`${code}\` | ${status} | ${message} |`,
  );
  return `# Errors

<!-- Written by src/errors.test.ts; \`vitest run src/errors -u\` renews it. -->

A failure that a client can meet has a code, which stays as it is, and a message for people, which may change and is
often more precise than the one listed here. What else a program needs stands beside them, such as \`field\`: the
part of a request that is not valid.

- HTTP: the status below, with \`{"error": {"code", "message", …}}\`. Three answers keep the shape that clients of the
  original protocol expect: an unknown conversation under its own routes is \`{"error": "Conversation not found."}\`,
  missing settings are \`{"error": "Settings not found"}\`, and a conversation that cannot be created for want of
  settings is \`{"status": "error", "message", "msg_id"}\`.
- Socket.IO: the acknowledgement \`{"ok": false, "error": {"code", "message", …}}\`; without one, an \`oh_event\` with
  \`{"error": true, "message"}\`.

With a status of 503 the same request may succeed later: after \`store_unavailable\` and \`draining\` nothing was stored,
after \`outcome_unknown\` it may have been, so repeat the action with the same \`action_id\`, which stores it once.

| code | status | message |
|---|---|---|
${rows.join('\n')}
`;
}

it('docs/errors.md says what the table says', async () => {
  await expect(renderErrorDocs()).toMatchFileSnapshot('../docs/errors.md');
});

it('every row has a status of its kind and a message in one line', () => {
  for (const { message, status } of Object.values(errorTable)) {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(message).toMatch(/^[A-Z][^\n|]+$/);
  }
});

describe('a ConveneError', () => {
  it('has the message and the status of its row', () => {
    const error = new ConveneError('draining');
    expect(error).toMatchObject({ name: 'ConveneError', code: 'draining', status: 503, details: {} });
    expect(error.message).toBe(errorTable.draining.message);
  });

  it('may say it more precisely, and with what a program needs', () => {
    const error = new ConveneError('invalid_request', 'title: too long', { details: { field: 'title' } });
    expect(error.message).toBe('title: too long');
    expect(error.status).toBe(400);
    expect(error.details).toEqual({ field: 'title' });
  });

  it('keeps its cause, also where that is undefined, and has none where it was given none', () => {
    const cause = new Error('disk full');
    expect(new ConveneError('store_unavailable', undefined, { cause }).cause).toBe(cause);
    expect('cause' in new ConveneError('store_unavailable', undefined, { cause: undefined })).toBe(true);
    expect('cause' in new ConveneError('store_unavailable')).toBe(false);
  });
});

it('isError tells a failure by its code, and from whatever else was thrown', () => {
  const error: unknown = new ConveneError('not_found');
  expect(isError(error, 'not_found')).toBe(true);
  expect(isError(error, 'internal')).toBe(false);
  expect(isError(Object.assign(new Error('not ours'), { code: 'not_found' }), 'not_found')).toBe(false);
  expect(isError(undefined, 'not_found')).toBe(false);
});
