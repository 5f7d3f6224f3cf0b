/**
 * `Transcript`: a conversation's events as messages for a model. It takes events in the order of the log.
 *
 * What must hold: each call is answered by the very next message. What came between a call and its result stands
 * after it; a call whose result will never come is answered as such.
 */
import { z } from 'zod';
import { isAction, isObservation, type StoredEvent } from '../../events/event.ts';
import { isKnownObservation } from '../../events/kinds.ts';
import type { Observation } from '../../events/observations.ts';
import type { LlmMessage, ProviderMetadata } from '../llm/llm.ts';
import { WORKSPACE_ERROR } from '../loop-state.ts';
import { callOfAction } from './code-act-tools.ts';
import { clip } from './fit-context.ts';

/** Longest result of a call, in characters: of more, the middle is left out. */
const LONGEST_RESULT = 30_000;

const metadataSchema = z.looseObject({
  provider_metadata: z.record(z.string(), z.record(z.string(), z.json())).optional(),
});

interface OpenCall {
  readonly id: string;
  readonly name: string;
  /** The events that its result may name as cause. */
  readonly causes: Set<number>;
}

export class Transcript {
  /** The id of the last event taken. */
  lastId = -1;
  readonly #messages: LlmMessage[] = [];
  /** The call whose result is awaited. */
  #open: OpenCall | null = null;
  /** What came while it was. */
  #held: LlmMessage[] = [];
  /** Commands that the user has typed and that run. */
  readonly #typed = new Map<number, string>();

  push(event: StoredEvent): void {
    this.lastId = event.id;
    if (isAction(event)) this.#action(event);
    else if (isObservation(event)) this.#observation(event);
  }

  /** Everything until now; an open call is answered as one whose end is unknown. */
  messages(): LlmMessage[] {
    const open = this.#open === null ? [] : [unknownEnd(this.#open)];
    return [...this.#messages, ...open, ...this.#held];
  }

  #action(event: StoredEvent): void {
    if (!isAction(event)) return;
    if (event.source === 'user') {
      if (event.action === 'message') {
        this.#say({ role: 'user', text: event.args.content, images: event.args.image_urls });
      } else if (event.action === 'run') {
        this.#typed.set(event.id, event.args.command);
      }
      return;
    }
    if (event.source !== 'agent') return;
    // Confirmed or rejected, it comes again under a new id, which its result names.
    if (this.#open !== null && event.cause !== undefined && this.#open.causes.has(event.cause)) {
      this.#open.causes.add(event.id);
      return;
    }
    if (event.action === 'message') this.#say({ role: 'assistant', text: event.args.content });
    else this.#call(event);
  }

  #call(event: StoredEvent): void {
    const call = isAction(event) ? callOfAction(event) : null;
    if (call === null) return;
    if (this.#open !== null) this.#answer(unknownEnd(this.#open));
    const { input, name, said } = call;
    // Nine characters: what every provider takes for the name of a call.
    const id = `c${String(event.id).padStart(8, '0')}`;
    const metadata = providerMetadata(event.tool_call_metadata);
    const made = { id, name, input, ...(metadata === undefined ? {} : { metadata }) };
    this.#messages.push({ role: 'assistant', text: said, calls: [made] });
    this.#open = { id, name, causes: new Set([event.id]) };
    if (name === 'finish') this.#answer({ role: 'tool', callId: id, name, text: 'The user has been told.' });
  }

  #observation(event: StoredEvent): void {
    if (!isKnownObservation(event) || event.observation === 'agent_state_changed') return;
    const { cause } = event;
    if (cause !== undefined && this.#open?.causes.has(cause)) {
      const { id: callId, name } = this.#open;
      this.#answer({ role: 'tool', callId, name, text: resultOf(event) });
      return;
    }
    const typed = cause === undefined ? undefined : this.#typed.get(cause);
    if (cause !== undefined && typed !== undefined) {
      this.#typed.delete(cause);
      const text = `[The user ran this in the workspace, in a shell of their own: ${typed}]\n${resultOf(event)}`;
      this.#say({ role: 'user', text });
    } else if (event.observation === 'success' && event.extras.repository !== undefined) {
      this.#say({ role: 'user', text: `[${event.content}]` });
    } else if (event.observation === 'error' && event.extras.error_id === 'AGENT_ERROR$STUCK_IN_LOOP') {
      this.#say({ role: 'user', text: `[${event.content} Try something else.]` });
    } else if (event.observation === 'error' && event.extras.error_id === WORKSPACE_ERROR) {
      this.#say({ role: 'user', text: `[${event.content}]` });
    }
  }

  #say(message: LlmMessage): void {
    (this.#open === null ? this.#messages : this.#held).push(message);
  }

  #answer(result: LlmMessage): void {
    this.#messages.push(result, ...this.#held);
    this.#held = [];
    this.#open = null;
  }
}

function unknownEnd({ id, name }: OpenCall): LlmMessage {
  const text = 'No result: this was interrupted before it ended, or never begun.';
  return { role: 'tool', callId: id, name, text };
}

/** What the model reads of a result. */
function resultOf(observation: Observation): string {
  const { content, extras } = observation;
  if (observation.observation === 'run') {
    const { exit_code, prefix, suffix } = observation.extras.metadata;
    const code = exit_code === -1 ? '' : `\n[exit code ${exit_code}]`;
    return `${prefix}${clip(content, LONGEST_RESULT)}${suffix === '' ? code : suffix}`;
  }
  if (observation.observation === 'error') return `Error: ${clip(content, LONGEST_RESULT)}`;
  if (observation.observation === 'user_rejected') return `The user rejected this. ${content}`;
  if (observation.observation === 'write' && content === '' && 'path' in extras) return 'Written.';
  return clip(content, LONGEST_RESULT);
}

function providerMetadata(metadata: unknown): ProviderMetadata | undefined {
  return metadataSchema.safeParse(metadata).data?.provider_metadata;
}
