import { describe, expect, it } from 'vitest';
import { ConveneError } from '../errors.ts';
import { parseRecordedBody } from './recorded-body.ts';
import { parseStoredBody } from './stored-body.ts';

function codeOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ConveneError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('a stored body', () => {
  it.each([
    {
      action: 'message',
      args: { content: '\u0000\ud800', image_urls: [], wait_for_response: false, timestamp: 't' },
    },
    { action: 'run', args: { command: 'ls' }, timeout: 3, message: 'line', tool_call_metadata: { id: 1 } },
    { observation: 'error', content: 'no', extras: { error_id: '' } },
    { action: 'a_later_kind', args: [1, 2], more: { deep: true } },
    { observation: 'a_later_kind', text: 'x' },
  ])('comes back as it was written: %j', (body) => {
    expect(parseStoredBody(JSON.stringify(body))).toEqual(body);
  });

  it.each([
    'no json',
    'null',
    '[]',
    '"message"',
    '{}',
    '{"action":7,"args":{}}',
    '{"action":"message"}',
    '{"action":"message","args":[]}',
    '{"observation":"run","content":"x"}',
    '{"observation":"run","extras":{}}',
  ])('that nobody has stored is a failure of the store: %s', (json) => {
    expect(codeOf(() => parseStoredBody(json))).toBe('internal');
  });
});

describe('a recorded body', () => {
  it('is checked and made whole', () => {
    expect(parseRecordedBody({ id: 4, action: 'message', args: { content: 'hi' }, source: 'user' })).toEqual({
      action: 'message',
      args: { content: 'hi', image_urls: [], wait_for_response: false },
    });
    expect(parseRecordedBody({ observation: 'think', content: 'x' })).toEqual({
      observation: 'think',
      content: 'x',
      extras: {},
    });
  });

  it('of a later release passes untouched', () => {
    const later = { action: 'a_later_kind', args: { a: 1 } };
    expect(parseRecordedBody(later)).toBe(later);
  });

  it('that is wrong is refused and the field named', () => {
    expect(() => parseRecordedBody({ action: 'run', args: { command: 1 } })).toThrow(
      expect.objectContaining({ code: 'invalid_request', details: { field: 'args.command' } }),
    );
    expect(codeOf(() => parseRecordedBody({ nothing: 1 }))).toBe('invalid_request');
    expect(codeOf(() => parseRecordedBody(null))).toBe('invalid_request');
  });
});
