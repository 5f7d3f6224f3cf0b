/**
 * Which action a confirmation means. A client of the original protocol does not name it (`args.action_id`): it means
 * the pending one that it was shown last.
 */
import { z } from 'zod';
import type { StoredEvent } from '../../events/event.ts';
import { needsConfirmation } from '../../events/kinds.ts';
import type { EventStream } from '../../stream/event-stream.ts';

/** Kinds of actions, and of their observations, among which a pending one may be. */
const kinds = ['run', 'run_ipython', 'call_tool_mcp'];
const LOOK_BACK = 50;

const unnamedSchema = z.looseObject({
  action: z.literal('change_agent_state'),
  args: z.looseObject({
    agent_state: z.enum(['user_confirmed', 'user_rejected']),
    action_id: z.null().optional(),
  }),
});
export type UnnamedAnswer = z.output<typeof unnamedSchema>;

/** The frame, if it confirms or rejects an action without naming it. */
export function unnamedAnswer(data: unknown): UnnamedAnswer | null {
  // What most frames are not is seen at a glance: a failed parse costs more than all the rest of an action.
  if (Object(data).action !== 'change_agent_state') return null;
  const parsed = unnamedSchema.safeParse(data);
  return parsed.success ? parsed.data : null;
}

export function naming(answer: UnnamedAnswer, actionId: number): unknown {
  return { ...answer, args: { ...answer.args, action_id: actionId } };
}

export function isPending(event: StoredEvent): boolean {
  return needsConfirmation(event) && event.args.confirmation_state === 'awaiting_confirmation';
}

/** The newest pending action up to `cursor`: what a client was shown before it connected anew. */
export async function newestPending(stream: EventStream, cursor: number): Promise<number | null> {
  if (cursor < 0) return null;
  const { events } = await stream.events({ before: cursor + 1, reverse: true, kinds, limit: LOOK_BACK });
  return events.find(isPending)?.id ?? null;
}
