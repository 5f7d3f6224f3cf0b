/**
 * One event as OpenHands writes it, into a file or a trajectory. Its shape is that of the wire.
 * What a known kind lacks is filled in from its schema; a kind that this version does not know is kept untouched.
 */
import { z } from 'zod';
import { type NewEvent, sources } from './event.ts';
import { parseRecordedBody } from './recorded-body.ts';

export interface RecordedEvent {
  readonly event: NewEvent;
  /** Milliseconds since the epoch; null where nobody says. */
  readonly at: number | null;
}

/** What stands where a log has nothing to show: in a gap, or for a file that can't be read. */
export const nothing: NewEvent = { observation: 'null', content: '', extras: {}, source: 'environment' };

const envelope = z.looseObject({
  id: z.unknown().optional(),
  timestamp: z.unknown().optional(),
  source: z.enum(sources).nullish(),
  message: z.string().nullish().catch(null),
  cause: z.int().nullish(),
  tool_call_metadata: z.unknown().optional(),
  llm_metrics: z.unknown().optional(),
});

const metrics = z.looseObject({ accumulated_cost: z.number() });

/** Throws what is wrong with it. */
export function parseRecordedEvent(data: unknown): RecordedEvent {
  const parsed = envelope.safeParse(data);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${issue?.path.join('.') || 'the event'}: ${issue?.message ?? 'not valid'}`);
  }
  const { id: _, timestamp, source, message, cause, tool_call_metadata, llm_metrics, ...body } = parsed.data;
  const cost = metrics.safeParse(llm_metrics);
  const event: NewEvent = {
    source: source ?? 'environment',
    ...(typeof message === 'string' ? { message } : {}),
    ...(typeof cause === 'number' && cause >= 0 ? { cause } : {}), // -1 says that there is none
    ...(tool_call_metadata === undefined || tool_call_metadata === null ? {} : { tool_call_metadata }),
    ...(cost.success ? { llm_metrics: cost.data } : {}),
    ...parseBody(body),
  };
  return { event, at: parseTime(timestamp) };
}

/** Where a known kind says null for what it should not lack, its default counts. */
function parseBody(body: Readonly<Record<string, unknown>>): ReturnType<typeof parseRecordedBody> {
  try {
    return parseRecordedBody(body);
  } catch (error) {
    const filled = withoutNulls(body);
    try {
      return parseRecordedBody({
        ...filled,
        ...('args' in body ? { args: withoutNulls(body['args']) } : {}),
        ...('extras' in body ? { extras: withoutNulls(body['extras']) } : {}),
      });
    } catch {
      throw error; // it was not for the nulls
    }
  }
}

function withoutNulls(value: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(Object(value)).filter(([, field]) => field !== null));
}

/** Milliseconds since the epoch; null for what is no time that a log can hold. */
export function parseTime(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const hasZone = /([Zz]|[+-]\d{2}:?\d{2})$/.test(value);
  const time = Date.parse(hasZone || !value.includes('T') ? value : `${value}Z`);
  return Number.isNaN(time) || time < 0 ? null : time;
}
