/** Parts of requests that several routes share. */
import { z } from 'zod';

const flagWords: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** `?reverse=true` */
export const flag = z.string().transform((text, context) => {
  const value = flagWords.get(text.toLowerCase());
  if (value !== undefined) return value;
  context.addIssue('expected true or false');
  return z.NEVER;
});

const digits = z.string().regex(/^\d{1,15}$/, 'expected a whole number');

/** How many entries a page has. */
export const limit = digits
  .transform(Number)
  .pipe(z.int().min(1, 'expected 1 to 100').max(100, 'expected 1 to 100'))
  .default(20);

export const eventId = digits.transform(Number);

/** Milliseconds since the epoch. A day alone means its beginning, in UTC. */
export const instant = z.string().transform((text, context) => toTime(text, context, ''));

/** The same, but a day alone means its end. */
export const lastInstant = z.string().transform((text, context) => toTime(text, context, 'T23:59:59.999Z'));

const aDay = /^\d{4}-\d{2}-\d{2}$/;

function toTime(text: string, context: z.RefinementCtx, restOfDay: string): number {
  const time = Date.parse(aDay.test(text) ? text + restOfDay : text);
  if (!Number.isNaN(time)) return time;
  context.addIssue('expected a date (ISO 8601)');
  return z.NEVER;
}

export const sidParams = z.object({ id: z.string() });

/** The value of an `Idempotency-Key` header. */
export const idempotencyHeaders = z.object({
  'idempotency-key': z.string().min(1).max(255).optional(),
});
