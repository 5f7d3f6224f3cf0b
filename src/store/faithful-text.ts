/**
 * Any string as text that every database keeps: well-formed and without NUL. What a database keeps anyway stays as it
 * is, so that people can read it; all else becomes a JSON string, which a quote at its beginning tells apart. Equal
 * strings have equal texts, and different strings have different ones.
 */
import { ConveneError } from '../errors.ts';

export function toFaithful(value: string): string {
  const plain = value.isWellFormed() && !value.includes('\0') && !value.startsWith('"');
  return plain ? value : JSON.stringify(value);
}

export function fromFaithful(text: string): string {
  if (!text.startsWith('"')) return text;
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'string') throw new ConveneError('internal', 'A stored text is damaged.');
  return value;
}
