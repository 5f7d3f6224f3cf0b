import { ClientError } from 'convene/client';
import { expect, it } from 'vitest';
import { mayPass, wordsOf } from './words.ts';

it.each([
  ['workspace_elsewhere', true, /on a server that does not answer/],
  ['unreachable', true, /can’t be reached/],
  ['file_not_found', false, /not there any more/],
])('%s is said in words; whether waiting helps: %s', (code, passes, words) => {
  const error = new ClientError(code, 'for programs', { status: 503 });
  expect(wordsOf(error)).toMatch(words);
  expect(mayPass(error)).toBe(passes);
});

it('what is not known is said by the server, and a fault of the page is no riddle', () => {
  expect(wordsOf(new ClientError('of_a_later_release', 'Tea.'))).toBe('Tea.');
  expect(wordsOf(new TypeError('x is undefined'))).toMatch(/Reload/);
});
