/**
 * What stands in the search index: each word of an event behind the number of its conversation. So the words of one
 * conversation lie side by side, and a search in it, also one by the beginning of a word, costs what that conversation
 * costs, whatever else the database holds.
 */

/** The version of what stands here and of `searchTokens`: an index of another version is made anew. */
export const termsVersion = 1;

/**
 * How FTS5 keeps the terms: whole, without positions or text. Words of one and two characters, behind the five of the
 * number, are indexed as beginnings too. `_` is a letter; all beyond ASCII is one anyway.
 */
export const wordsTable = `
  CREATE VIRTUAL TABLE words USING fts5(
    terms, content = '', contentless_delete = 1, detail = none, prefix = '6 7', tokenize = "ascii tokenchars '_'"
  )`;

/** Of a longer query the index is asked for this many words; the rest is looked for in what it finds. */
const mostWords = 16;

export function termsOf(conversation: number, tokens: readonly string[]): string {
  const prefix = prefixOf(conversation);
  return tokens.map((token) => prefix + token).join(' ');
}

/** The longest words first: they are found in the fewest events. */
export function matchWords(words: readonly string[]): readonly string[] {
  if (words.length <= mostWords) return words;
  return words.toSorted((left, right) => right.length - left.length).slice(0, mostWords);
}

/** An FTS5 query: every word as the beginning of a term. Tokens have neither quotes nor spaces. */
export function matchOf(conversation: number, words: readonly string[]): string {
  const prefix = prefixOf(conversation);
  return words.map((word) => `"${prefix}${word}"*`).join(' ');
}

function prefixOf(conversation: number): string {
  return conversation.toString(36).padStart(5, '0');
}
