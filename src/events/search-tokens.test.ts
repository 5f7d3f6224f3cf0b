import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventBody } from './event.ts';
import { editObservation, errorObservation, runObservation, stateObservation } from './observations.ts';
import { MAX_TOKEN_LENGTH, matchesSearch, searchText, searchTokens } from './search-tokens.ts';
import { parseStoredBody } from './stored-body.ts';

describe('the words of a text', () => {
  it.each<[string, string[]]>([
    ['', []],
    ['… -- !', []],
    ['Hello, World! hello', ['hello', 'world']],
    ['npm_config_cache=/tmp/x-1', ['npm_config_cache', 'tmp', 'x', '1']],
    ['getUserById', ['getuserbyid']],
    ['Ärger über Öl', ['ärger', 'über', 'öl']],
    ['A\u0308rger', ['ärger']],
    ['ﬁle ２３', ['file', '23']],
    ['ΟΔΟΣ οδος', ['οδοσ']],
    ['नमस्ते दुनिया', ['नमस्ते', 'दुनिया']],
    ['half \ud83d a pair', ['half', 'a', 'pair']],
    ['nul\u0000byte', ['nul', 'byte']],
    ['你好，世界', ['你好', '世界']],
  ])('%j: %j', (text, tokens) => {
    expect(searchTokens(text)).toEqual(tokens);
  });

  it('are cut at the same length in texts and in queries, and never within a pair', () => {
    expect(searchTokens('x'.repeat(100))).toEqual(['x'.repeat(MAX_TOKEN_LENGTH)]);
    const letter = '\u{1d7d8}'.repeat(2); // NFKC makes digits of these
    expect(searchTokens(letter)).toEqual(['00']);
    const pairs = `x${'\u{10400}'.repeat(40)}`;
    const [token] = searchTokens(pairs);
    expect(token?.length).toBe(MAX_TOKEN_LENGTH - 1);
    expect(token?.isWellFormed()).toBe(true);
  });

  it('have no other words of their own, and hold no capital that has a small form', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 0x10ffff }), { maxLength: 60 }), (points) => {
        const text = String.fromCodePoint(...points);
        for (const token of searchTokens(text)) {
          expect(searchTokens(token)).toEqual([token]);
          expect(token.length).toBeLessThanOrEqual(MAX_TOKEN_LENGTH);
          expect(token.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('do not depend on case', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'Z', 'é', 'Σ', 'ς', ' ', '1', '_', 'я'), maxLength: 30 }),
        (text) => {
          expect(searchTokens(text.toUpperCase())).toEqual(searchTokens(text.toLowerCase()));
        },
      ),
    );
  });
});

describe('an event is found', () => {
  const message = parseStoredBody(
    '{"action":"message","args":{"content":"Please fix the Login page","image_urls":["data:image/png;base64,hidden"]}}',
  );

  it.each<[EventBody, string]>([
    [message, 'login'],
    [message, 'LOG pl fi'],
    [message, ''],
    [message, '?!'],
    [
      parseStoredBody('{"action":"run","args":{"command":"npm test","thought":"see whether it works"}}'),
      'npm whether',
    ],
    [
      parseStoredBody('{"action":"write","args":{"path":"src/main.ts","content":"export const answer"}}'),
      'main answer',
    ],
    [parseStoredBody('{"action":"finish","args":{"outputs":{"result":["all green"]}}}'), 'green'],
    [parseStoredBody('{"action":"a_later_kind","args":"plain words"}'), 'plain'],
    [
      parseStoredBody('{"observation":"a_later_kind","content":"x","extras":{"deep":[{"er":"down"}]}}'),
      'down',
    ],
    [
      runObservation({ command: 'ls', content: 'total 4', exitCode: 0, workingDir: '/srv/app' }),
      'total ls srv',
    ],
    [errorObservation('No such file'), 'such file'],
    [
      editObservation({ path: 'a', content: 'done', oldContent: 'before', newContent: 'after' }),
      'before after',
    ],
  ])('%# by its words', (event, query) => {
    expect(matchesSearch(event, searchTokens(query))).toBe(true);
  });

  it.each<[EventBody, string]>([
    [message, 'ogin'],
    [message, 'login logout'],
    [message, 'hidden'],
    [message, 'content'],
    [stateObservation('running'), 'running'],
    [runObservation({ command: 'ls', content: '', exitCode: 0 }), 'metadata'],
  ])('%# only by a beginning of each of them', (event, query) => {
    expect(matchesSearch(event, searchTokens(query))).toBe(false);
  });

  it('whichever way the tokens are kept: alone they answer as the event does', () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 12 }), fc.lorem({ maxCount: 2 }), (text, query) => {
        const event = errorObservation(text);
        const index = new Set(searchTokens(searchText(event)));
        const wanted = searchTokens(query);
        const found = wanted.every((word) => [...index].some((token) => token.startsWith(word)));
        expect(matchesSearch(event, wanted)).toBe(found);
      }),
    );
  });
});
