import { APICallError, InvalidResponseDataError } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import { failureOf } from './llm-failure.ts';

const asked = { model: 'openai/mock', host: 'api.test', now: Date.parse('2026-01-01T00:00:00Z') };

function answered(
  statusCode: number,
  message: string,
  more: { body?: string; headers?: Record<string, string> } = {},
) {
  return new APICallError({
    message,
    url: 'https://api.test',
    requestBodyValues: {},
    statusCode,
    responseBody: more.body ?? '',
    responseHeaders: more.headers ?? {},
  });
}

it.each([
  [401, 'Incorrect API key provided', '', 'authentication'],
  [403, 'Forbidden', '', 'authentication'],
  [400, 'API key not valid. Please pass a valid API key.', '', 'authentication'],
  [402, 'Insufficient Balance', '', 'quota'],
  [429, 'You exceeded your current quota', '{"error":{"code":"insufficient_quota"}}', 'quota'],
  [400, 'Your credit balance is too low to access the Anthropic API.', '', 'quota'],
  [429, 'You exceeded your current quota', '{"details":[{"retryDelay":"17s"}]}', 'rate_limit'],
  [429, 'Rate limit reached', '', 'rate_limit'],
  [400, "This model's maximum context length is 8192 tokens", '', 'context_overflow'],
  [400, 'prompt is too long: 200001 tokens > 200000 maximum', '', 'context_overflow'],
  [
    400,
    'The input token count (1048577) exceeds the maximum number of tokens allowed',
    '',
    'context_overflow',
  ],
  [413, 'Request too large', '{"code":"context_length_exceeded"}', 'context_overflow'],
  [404, 'model: mock', '', 'refused'],
  [400, 'tools.0: unknown field', '', 'refused'],
  [408, 'Request Timeout', '', 'timeout'],
  [500, 'Internal server error', '', 'internal'],
  [200, 'Invalid JSON response', '', 'internal'],
  [502, 'Bad Gateway', '', 'unavailable'],
  [503, 'Service Unavailable', '', 'unavailable'],
  [529, 'Overloaded', '', 'unavailable'],
] as const)('%i %s %s is: %s', (status, message, body, kind) => {
  expect(failureOf(answered(status, message, { body }), asked)?.kind).toBe(kind);
});

describe('what breaks off', () => {
  it.each([
    ['undici', new TypeError('terminated')],
    ['a socket', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
    [
      'a connection',
      new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) }),
    ],
  ])('of %s is unavailable', (_, error) => {
    expect(failureOf(error, asked)?.kind).toBe('unavailable');
  });

  it.each([
    [{ type: 'overloaded_error', message: 'Overloaded' }, 'unavailable'],
    [{ type: 'rate_limit_error', message: 'Slow down' }, 'rate_limit'],
    [{ type: 'api_error', message: 'Oops' }, 'internal'],
    ['something', 'internal'],
  ])('within a stream is what it says: %j', (error, kind) => {
    expect(failureOf(error, asked)?.kind).toBe(kind);
  });

  it('is the provider’s fault where it makes no sense', () => {
    expect(failureOf(new InvalidResponseDataError({ data: {} }), asked)?.kind).toBe('internal');
  });

  it('is ours where no provider is to blame', () => {
    expect(failureOf(new RangeError('a mistake'), asked)).toBeNull();
  });
});

it.each([
  [{ 'retry-after': '7' }, 7_000],
  [{ 'retry-after-ms': '250', 'retry-after': '7' }, 250],
  [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30_000],
  [{ 'retry-after': 'soon' }, null],
  [{}, null],
])('the wait that %j asks for is %s ms', (headers, ms) => {
  expect(failureOf(answered(429, 'Slow down', { headers }), asked)?.retryAfterMs).toBe(ms);
});

it('is told in one line of bounded length', () => {
  const { message } = failureOf(answered(500, `Oops.\n${'x'.repeat(5_000)}`), asked) ?? {};
  expect(message).toMatch(
    /^The model's provider \(api\.test\) failed: Oops\. x+…\. Send a message to try again\.$/,
  );
  expect(message?.length).toBeLessThan(500);
});
