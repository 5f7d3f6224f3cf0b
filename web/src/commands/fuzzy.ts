/** Finds by letters in order: `nc` finds "New conversation". */

const GAP_COST = 1;
const WORD_START_GAIN = 8;
const RUN_GAIN = 5;
const START_GAIN = 6;

/** How well `query` fits; null where its letters are not there in order. Spaces in the query do not count. */
export function fuzzyScore(query: string, text: string): number | null {
  const letters = [...query.toLowerCase()].filter((letter) => letter.trim() !== '');
  const lower = text.toLowerCase();
  let score = 0;
  let place = -1;
  for (const letter of letters) {
    const next = nextPlace(lower, letter, place + 1);
    if (next === -1) return null;
    if (next === 0) score += START_GAIN;
    if (isWordStart(lower, next)) score += WORD_START_GAIN;
    if (next === place + 1) score += RUN_GAIN;
    score -= Math.min(next - place - 1, 10) * GAP_COST;
    place = next;
  }
  return score - lower.length / 100;
}

/** Those that fit, the best first; ties keep their order. */
export function fuzzyFilter<T>(
  query: string,
  items: readonly T[],
  textOf: (item: T) => string,
): readonly T[] {
  if (query.trim() === '') return items;
  return items
    .map((item) => ({ item, score: fuzzyScore(query, textOf(item)) }))
    .filter((one): one is { item: T; score: number } => one.score !== null)
    .sort((left, right) => right.score - left.score)
    .map(({ item }) => item);
}

/** The next letter of a run, else the next one that begins a word, else any. */
function nextPlace(text: string, letter: string, from: number): number {
  if (from > 0 && text.startsWith(letter, from)) return from;
  for (let place = text.indexOf(letter, from); place !== -1; place = text.indexOf(letter, place + 1)) {
    if (isWordStart(text, place)) return place;
  }
  return text.indexOf(letter, from);
}

function isWordStart(text: string, place: number): boolean {
  return place === 0 || /[\s\-_/.:]/.test(text.charAt(place - 1));
}
