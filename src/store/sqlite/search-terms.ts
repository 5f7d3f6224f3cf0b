/**
 * What stands in the search index: each word of an event behind the number of its conversation. So the words of one
 * conversation lie side by side, and a search in it, also one by the beginning of a word, costs what that conversation
 * costs, whatever else the database holds.
 *
 * The beginnings of words by their first letter alone, which too many words share to be put together from them, are
 * terms of their own: `·` and the letter. And every event has the mark of its conversation, `§`. Neither sign is part
 * of a word.
 */

/** The version of what stands here and of `searchTokens`: an index of another version is made anew. */
export const termsVersion = 1;

/** How FTS5 keeps the terms: without positions or text. `_` is a letter; all beyond ASCII is one anyway. */
export const wordsTable = `
  CREATE VIRTUAL TABLE words USING fts5(
    terms, content = '', contentless_delete = 1, detail = none, tokenize = "ascii tokenchars '_'"
  )`;

/** Of a longer query the index is asked for this many words; the rest is looked for in what it finds. */
const mostWords = 16;

export function termsOf(conversation: number, tokens: readonly string[]): string {
  const prefix = prefixOf(conversation);
  const letters = [...new Set(tokens.map(firstLetter))];
  return `${markOf(conversation)} ${prefix}·${letters.join(` ${prefix}·`)} ${prefix}${tokens.join(` ${prefix}`)}`;
}

/** A term that every event of a conversation has. */
export function markOf(conversation: number): string {
  return `${prefixOf(conversation)}§`;
}

/** The longest words first: they are found in the fewest events. */
export function matchWords(words: readonly string[]): readonly string[] {
  if (words.length <= mostWords) return words;
  return words.toSorted((left, right) => right.length - left.length).slice(0, mostWords);
}

/** An FTS5 query: every word as the beginning of a term. Words have neither quotes nor spaces. */
export function matchOf(conversation: number, words: readonly string[]): string {
  const prefix = prefixOf(conversation);
  return words
    .map((word) => (word === firstLetter(word) ? `"${prefix}·${word}"` : `"${prefix}${word}"*`))
    .join(' ');
}

function firstLetter(word: string): string {
  return String.fromCodePoint(word.codePointAt(0) ?? 0);
}

function prefixOf(conversation: number): string {
  return conversation.toString(36).padStart(5, '0');
}
