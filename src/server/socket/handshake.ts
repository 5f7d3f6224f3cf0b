/** What a client says when it connects: the query of its handshake. */
import { z } from 'zod';

export interface Handshake {
  /** Null where the query names no conversation. */
  readonly sid: string | null;
  /** The id of the last event that the client has; -1 for none. May be above the head. */
  readonly cursor: number;
  /** Everything, as stored. */
  readonly all: boolean;
}

const schema = z.object({
  conversation_id: z.string().min(1).nullable().catch(null),
  latest_event_id: z
    .string()
    .regex(/^\s*[+-]?\d+\s*$/)
    .transform((digits) => Math.min(Math.max(Number(digits), -1), Number.MAX_SAFE_INTEGER))
    .catch(-1),
  all: z.enum(['1', 'true']).nullable().catch(null),
});

/** Reads any query; whatever is not understood has its default. */
export function readHandshake(query: unknown): Handshake {
  const { conversation_id, latest_event_id, all } = schema.parse(query ?? {});
  return { sid: conversation_id, cursor: latest_event_id, all: all !== null };
}
