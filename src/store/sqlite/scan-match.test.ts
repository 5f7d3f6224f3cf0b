import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesSearch, searchTokens } from '../../events/search-tokens.ts';
import { parseStoredBody } from '../../events/stored-body.ts';
import { matchesData } from './scan-match.ts';

const piece = fc.oneof(
  fc.constantFrom(
    'a',
    'ab',
    'B',
    'ﬁ',
    'Å',
    'é',
    '\u0301',
    '\0',
    '\n',
    '\\',
    '"',
    '\\u0061',
    ' ',
    '-',
    '_',
    '\u2028',
    '\ud800',
    '快',
  ),
  fc.string({ maxLength: 3 }),
);
const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

describe('a look at the stored text', () => {
  it('never answers otherwise than the words of the event', () => {
    fc.assert(
      fc.property(text, text, (content, query) => {
        const data = JSON.stringify({
          action: 'message',
          args: { content, image_urls: [], wait_for_response: false },
        });
        const words = searchTokens(query);
        expect(matchesData(data, words)).toBe(matchesSearch(parseStoredBody(data), words));
      }),
      { numRuns: 2000 },
    );
  });

  it('does not take the words of the protocol for words of the event', () => {
    const data = '{"action":"message","args":{"content":"hello","image_urls":[],"wait_for_response":false}}';
    expect(matchesData(data, ['message'])).toBe(false);
    expect(matchesData(data, ['hel'])).toBe(true);
  });
});
