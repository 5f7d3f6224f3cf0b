/**
 * Search: the one place that says which words an event has and whether a query finds it. Every store indexes
 * these tokens and none other, so the same query has the same answer everywhere.
 *
 * A token is a run of letters, digits, marks and underscores, without regard to case or to the form in which
 * Unicode wrote it. Writing without spaces (Chinese, Japanese, Thai) gives one token for each run.
 */
import { type EventBody, isAction } from './event.ts';

/** Of a longer word, this much counts: in texts and in queries alike. In code units. */
export const MAX_TOKEN_LENGTH = 64;

const beyondAscii = /[\u0080-\uffff]/;
const asciiWords = /[a-z0-9_]+/g;
const words = /[\p{L}\p{N}\p{M}_]+/gu;

/** The different words of `text`, in the order of their first appearance. */
export function searchTokens(text: string): string[] {
  const found = beyondAscii.test(text) ? fold(text).match(words) : text.toLowerCase().match(asciiWords);
  if (found === null) return [];
  return [...new Set(found.map(shorten))];
}

/** Case and form folded away; folding twice changes nothing. */
function fold(text: string): string {
  // Lower-casing writes a sigma by its place in the word, which a prefix of that word need not share.
  return text.normalize('NFKC').toLowerCase().replaceAll('ς', 'σ').normalize('NFKC');
}

function shorten(word: string): string {
  if (word.length <= MAX_TOKEN_LENGTH) return word;
  const last = word.charCodeAt(MAX_TOKEN_LENGTH - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return word.slice(0, splitsPair ? MAX_TOKEN_LENGTH - 1 : MAX_TOKEN_LENGTH);
}

/** Fields that no person reads: images, the browser's trees, words of the protocol. */
const unsearched: ReadonlySet<string> = new Set([
  'agent_state',
  'axtree_object',
  'confirmation_state',
  'dom_object',
  'error_id',
  'image_urls',
  'impl_source',
  'recall_type',
  'screenshot',
  'timestamp',
]);

/** The text of an event that is searched: whatever its arguments, its content and its extras say. */
export function searchText(event: EventBody): string {
  const parts: string[] = [];
  if (isAction(event)) {
    collect(event.args, parts);
  } else {
    collect(event.content, parts);
    collect(event.extras, parts);
  }
  return parts.join('\n');
}

function collect(value: unknown, parts: string[]): void {
  if (typeof value === 'string') {
    if (value !== '') parts.push(value);
  } else if (Array.isArray(value)) {
    for (const element of value) collect(element, parts);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, field] of Object.entries(value)) if (!unsearched.has(name)) collect(field, parts);
  }
}

/** Whether every query token is a prefix of a token of the event. A query without tokens finds everything. */
export function matchesSearch(event: EventBody, queryTokens: readonly string[]): boolean {
  if (queryTokens.length === 0) return true;
  const tokens = searchTokens(searchText(event));
  return queryTokens.every((wanted) => tokens.some((token) => token.startsWith(wanted)));
}
