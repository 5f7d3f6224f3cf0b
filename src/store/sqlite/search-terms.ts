/**
 * What stands in the search index: each word of an event behind the number of its conversation. So the words of one
 * conversation lie side by side, and a search in it, also one by the beginning of a word, costs what that conversation
 * costs, whatever else the database holds.
 *
 * The beginnings of words by their first letter alone, which too many words share to be put together from them, are
 * terms of their own: `·` and the letter. Terms that begin with `§` are no words: every event has the mark of its
 * conversation, of its source and of its kind. Neither sign is part of a word.
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

/** What the index holds of an event. */
export interface Indexed {
  readonly conversation: number;
  readonly kind: string;
  readonly source: string;
  readonly tokens: readonly string[];
}

export function termsOf({ conversation, kind, source, tokens }: Indexed): string {
  const prefix = prefixOf(conversation);
  const letters = [...new Set(tokens.map(firstLetter))].map((letter) => `·${letter}`);
  const terms = [mark, markOfSource(source), markOfKind(kind), ...letters, ...tokens];
  return prefix + terms.join(` ${prefix}`);
}

/** An FTS5 query for every event of a conversation. */
export function matchAll(conversation: number): string {
  return `"${prefixOf(conversation)}${mark}"`;
}

/** The longest words first: they are found in the fewest events. */
export function matchWords(words: readonly string[]): readonly string[] {
  if (words.length <= mostWords) return words;
  return words.toSorted((left, right) => right.length - left.length).slice(0, mostWords);
}

/**
 * An FTS5 query: every word as the beginning of a term, and the marks of what the columns must be. Words have neither
 * quotes nor spaces.
 */
export function matchOf(conversation: number, words: readonly string[], { kinds, source }: Marks): string {
  const prefix = prefixOf(conversation);
  const parts = words.map((word) =>
    word === firstLetter(word) ? `"${prefix}·${word}"` : `"${prefix}${word}"*`,
  );
  if (source !== null) parts.push(`"${prefix}${markOfSource(source)}"`);
  if (kinds !== null && kinds.length > 0) {
    parts.push(`(${kinds.map((kind) => `"${prefix}${markOfKind(kind)}"`).join(' OR ')})`);
  }
  return parts.join(' AND ');
}

interface Marks {
  readonly kinds: readonly string[] | null;
  readonly source: string | null;
}

const mark = '§';

function markOfSource(source: string): string {
  return `${mark}s${source}`;
}

/** A kind may be any text: its hexadecimal form has no sign that would end a term. */
function markOfKind(kind: string): string {
  return `${mark}k${Buffer.from(kind).toString('hex')}`;
}

function firstLetter(word: string): string {
  return String.fromCodePoint(word.codePointAt(0) ?? 0);
}

function prefixOf(conversation: number): string {
  return conversation.toString(36).padStart(5, '0');
}
