/**
 * A recorded trajectory of OpenHands, read for playing it back: the JSON list of events that `GET C/trajectory` gives
 * (`[…]` or `{trajectory: […]}`), or the text of it. What is read of it are the steps of its agent, in their order:
 *
 *   - Its agent's actions are steps. Each is carried out anew, so what came of it then is left out.
 *   - Its first user message is what the new conversation begins with. A later one stands in its place as a message of
 *     the agent that quotes it: nobody has said it here, and a log does not put words into its user's mouth.
 *   - An action that awaited confirmation or was rejected is left out: if it was confirmed, it comes again.
 *   - A `finish` or `reject` ends the playback only as the last step. An earlier one becomes what it said.
 *   - Everything else is left out: observations, changes of state, what a user typed into the terminal, what the server
 *     did by itself, kinds that this version does not know.
 */
import { ConveneError } from '../../errors.ts';
import { type EventBody, isAction, type Source, sources } from '../../events/event.ts';
import { isKnownAction } from '../../events/kinds.ts';
import { parseRecordedBody } from '../../events/recorded-body.ts';
import { isObject } from '../../events/stored-body.ts';
import { say } from '../actions.ts';
import type { AgentAction } from '../agent.ts';

export interface RecordedMessage {
  readonly content: string;
  readonly imageUrls: readonly string[];
}

export interface Trajectory {
  /** What its user said before its agent did anything; null where that was nothing. */
  readonly opening: RecordedMessage | null;
  readonly steps: readonly AgentAction[];
}

/** Characters of its JSON text. */
const MAX_LENGTH = 8 * 1024 * 1024;

/** No honest recording nests deeper; what does could not be written as JSON again. */
const MAX_DEPTH = 100;

/**
 * Throws `invalid_request`, whose `details.field` is `replay_json` and whose `details.index` is the index of the bad
 * event, where it is one event that is bad; `payload_too_large` above 8 Mi characters.
 */
export function parseTrajectory(json: unknown): Trajectory {
  const list = listOf(json);
  let opening: RecordedMessage | null = null;
  const steps: AgentAction[] = [];
  for (const [index, data] of list.entries()) {
    const event = eventAt(data, index);
    if (event === null) continue;
    const { body, source } = event;
    if (source === 'agent') {
      const step = stepOf(body);
      if (step !== null) steps.push(step);
    } else if (source === 'user' && isAction(body) && body.action === 'message') {
      const message = { content: body.args.content, imageUrls: body.args.image_urls };
      if (opening === null && steps.length === 0) opening = message;
      else steps.push(quote(message));
    }
  }
  const played = steps.flatMap((step, index) => (index === steps.length - 1 ? step : (onTheWay(step) ?? [])));
  if (played.length === 0) throw refused('it has no action of an agent that could be played back.');
  return { opening, steps: played };
}

/** A user's message of the recording, as the agent shows it. */
export function quote({ content, imageUrls }: RecordedMessage): AgentAction {
  const shown = say(`The user of the recording said:\n\n${content}`, false);
  return { ...shown, args: { ...shown.args, image_urls: imageUrls } };
}

function listOf(json: unknown): unknown[] {
  if (isTooDeep(json, 0)) throw refused('nested too deeply.');
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  if (text.length > MAX_LENGTH) {
    const message = `replay_json: a trajectory may have ${MAX_LENGTH} characters, this one has ${text.length}.`;
    throw new ConveneError('payload_too_large', message, { details: { field: 'replay_json' } });
  }
  const data = typeof json === 'string' ? parseJson(json) : json;
  if (data !== json && isTooDeep(data, 0)) throw refused('nested too deeply.');
  const list = isObject(data) && 'trajectory' in data ? data.trajectory : data;
  if (!Array.isArray(list)) throw refused('expected a list of events.');
  return list;
}

function isTooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth > MAX_DEPTH || Object.values(value).some((element) => isTooDeep(element, depth + 1));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refused('expected JSON.', {}, cause);
  }
}

/** Null where it is not for playing back. What is, is checked whole; of the rest, only that it is an event. */
function eventAt(data: unknown, index: number): { readonly body: EventBody; readonly source: Source } | null {
  const bad = (why: string, cause?: unknown): ConveneError =>
    refused(`event ${index}: ${why}`, { index }, cause);
  if (!isObject(data)) throw bad('an event must be an object.');
  if (typeof data.action !== 'string') {
    if (typeof data.observation === 'string') return null;
    throw bad('an event must name its action or its observation.');
  }
  const source = 'source' in data ? sources.find((one) => one === data.source) : undefined;
  if (source === undefined) throw bad(`source: expected ${sources.join(', ')}.`);
  if (source === 'environment' || (source === 'user' && data.action !== 'message')) return null;
  try {
    return { body: parseRecordedBody(withoutNullTimeout(data)), source };
  } catch (error) {
    if (!(error instanceof ConveneError)) throw error;
    throw bad(error.message, error);
  }
}

/** OpenHands writes a missing time-out as null. */
function withoutNullTimeout(data: object): object {
  return Object.fromEntries(
    Object.entries(data).filter(([name, value]) => name !== 'timeout' || value !== null),
  );
}

function stepOf(body: EventBody): AgentAction | null {
  if (!isKnownAction(body)) return null;
  switch (body.action) {
    case 'run':
    case 'run_ipython':
    case 'call_tool_mcp':
      return body.args.confirmation_state === 'confirmed' ? body : null;
    case 'change_agent_state':
    case 'recall':
    case 'condensation':
    case 'null':
      return null;
    default:
      return body;
  }
}

/** A step that others follow: it must not end the playback. Null where nothing is left of it. */
function onTheWay(step: AgentAction): AgentAction | null {
  switch (step.action) {
    case 'message':
      return { ...step, args: { ...step.args, wait_for_response: false } };
    case 'finish':
    case 'reject': {
      const words = ('final_thought' in step.args && step.args.final_thought) || step.args.thought;
      return words === '' ? null : say(words, false);
    }
    default:
      return step;
  }
}

function refused(
  why: string,
  details: Readonly<Record<string, unknown>> = {},
  cause?: unknown,
): ConveneError {
  return new ConveneError('invalid_request', `replay_json: ${why}`, {
    details: { field: 'replay_json', ...details },
    cause,
  });
}
