/** What the server sends, as far as tests look at it. */
import { z } from 'zod';

export const wireEventSchema = z.looseObject({
  id: z.int().min(0),
  timestamp: z.string(),
  source: z.enum(['user', 'agent', 'environment']),
  message: z.string(),
  cause: z.int().optional(),
  action: z.string().optional(),
  args: z.record(z.string(), z.unknown()).optional(),
  observation: z.string().optional(),
  content: z.string().optional(),
  extras: z.record(z.string(), z.unknown()).optional(),
});

export type WireEvent = z.output<typeof wireEventSchema>;

/** Cheaper than the schema: for what comes by the thousand. */
export function isWireEvent(payload: unknown): payload is WireEvent {
  return typeof payload === 'object' && payload !== null && 'id' in payload && typeof payload.id === 'number';
}

export const ackSchema = z.union([
  z.strictObject({ ok: z.literal(true), id: z.int().min(0) }),
  z.strictObject({ ok: z.literal(false), error: z.looseObject({ code: z.string(), message: z.string() }) }),
]);

export type Ack = z.output<typeof ackSchema>;

export interface Frame {
  readonly action: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly action_id?: string;
}

export function message(content: string, actionId?: string): Frame {
  return { action: 'message', args: { content, image_urls: [] }, ...named(actionId) };
}

export function changeState(agent_state: string, actionId?: string): Frame {
  return { action: 'change_agent_state', args: { agent_state }, ...named(actionId) };
}

function named(actionId: string | undefined): { action_id?: string } {
  return actionId === undefined ? {} : { action_id: actionId };
}

export function isState(event: WireEvent, state?: string): boolean {
  return (
    event.observation === 'agent_state_changed' &&
    (state === undefined || event.extras?.['agent_state'] === state)
  );
}

/** The command of a `run` action. */
export function commandOf(event: WireEvent): string | null {
  const command = event.action === 'run' ? event.args?.['command'] : undefined;
  return typeof command === 'string' ? command : null;
}

/** The text of a message. */
export function textOf(event: WireEvent): string | null {
  const text = event.action === 'message' ? event.args?.['content'] : undefined;
  return typeof text === 'string' ? text : null;
}
