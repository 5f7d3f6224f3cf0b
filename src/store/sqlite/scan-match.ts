/**
 * Whether an event matches a search, asked of its stored text. Most events do not, and of plain ASCII that can be told
 * without taking the text apart: a word that is not in it anywhere is no beginning of a word of the event either.
 */
import { matchesSearch } from '../../events/search-tokens.ts';
import { parseStoredBody } from '../../events/stored-body.ts';

/** What may hide a word from a plain look: signs beyond ASCII, and the escapes that JSON writes for some. */
const notPlain = /[^\0-\x7f]|\\u/;

export function matchesData(data: string, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  if (!notPlain.test(data)) {
    const text = data.toLowerCase();
    if (words.some((word) => !text.includes(word))) return false;
  }
  return matchesSearch(parseStoredBody(data), words);
}
