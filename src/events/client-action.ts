/**
 * What a client may send: the frame `{action, args, action_id?, timeout?}` of `oh_action`, checked and turned
 * into an action. The server adds the source and the id; whatever else stands beside these fields is dropped.
 */
import { z } from 'zod';
import { ConveneError } from '../errors.ts';
import { type ActionOf, actionSchemas } from './actions.ts';
import { actionKinds } from './kinds.ts';

/** The kinds that a user can mean. All others are an agent's own. */
const clientKinds = [
  'message',
  'run',
  'run_ipython',
  'read',
  'write',
  'edit',
  'browse',
  'change_agent_state',
] as const;

export type ClientAction = ActionOf<(typeof clientKinds)[number]>;

export interface ClientFrame {
  readonly action: ClientAction;
  /** Makes a retry safe: the same id with the same content is stored once. */
  readonly actionId?: string;
}

const allowed: ReadonlySet<string> = new Set(clientKinds);

const frameSchema = z.discriminatedUnion('action', [
  actionSchemas.message,
  actionSchemas.run,
  actionSchemas.run_ipython,
  actionSchemas.read,
  actionSchemas.write,
  actionSchemas.edit,
  actionSchemas.browse,
  actionSchemas.change_agent_state,
]);

const actionIdSchema = z.string().min(1).max(200);

/**
 * Throws `action_unknown` for a kind that does not exist, else `invalid_request`; `details.field` names the
 * field (`args.content`). At the top level of the frame, null counts as left out.
 */
export function parseClientAction(data: unknown): ClientFrame {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw refused('action', 'An action must be an object {action, args}.');
  }
  const frame: { id?: unknown; action?: unknown; args?: unknown; action_id?: unknown; timeout?: unknown } =
    data;
  if (!isAbsent(frame.id)) throw refused('id', 'id: the server gives events their ids. Leave it out.');
  checkKind(frame.action);
  checkJson(frame.args, 'args', 0);

  const parsed = frameSchema.safeParse({
    action: frame.action,
    args: frame.args ?? {},
    ...(isAbsent(frame.timeout) ? {} : { timeout: frame.timeout }),
  });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue?.path.join('.') || 'action';
    throw refused(field, `${field}: ${issue?.message ?? 'not valid'}`);
  }
  const action = parsed.data;
  // Confirmation is for what an agent proposes: what a user asks for has their consent.
  if ('confirmation_state' in action.args && action.args.confirmation_state !== 'confirmed') {
    throw refused(
      'args.confirmation_state',
      "args.confirmation_state: a user's own action is always confirmed.",
    );
  }

  if (isAbsent(frame.action_id)) return { action };
  const actionId = actionIdSchema.safeParse(frame.action_id);
  if (!actionId.success) throw refused('action_id', 'action_id: expected a string of 1 to 200 characters.');
  return { action, actionId: actionId.data };
}

function checkKind(kind: unknown): void {
  if (typeof kind !== 'string') throw refused('action', 'action: expected the name of an action.');
  if (!actionKinds.has(kind)) {
    const shown = JSON.stringify(kind.slice(0, 64));
    throw new ConveneError('action_unknown', `Unknown action ${shown}.`, { details: { field: 'action' } });
  }
  if (!allowed.has(kind)) throw refused('action', `action: a client may not send "${kind}".`);
}

/** No honest client nests deeper; what does could not be written as JSON again. */
const MAX_DEPTH = 100;

/** A socket also carries binary data, which a log of JSON can't hold. */
function checkJson(value: unknown, field: string, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_DEPTH) throw refused(field.split('.', 2).join('.'), 'args: nested too deeply.');
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) {
    throw refused(field, `${field}: expected JSON, not binary data.`);
  }
  for (const [name, element] of Object.entries(value)) checkJson(element, `${field}.${name}`, depth + 1);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function refused(field: string, message: string): ConveneError {
  return new ConveneError('invalid_request', message, { details: { field } });
}
