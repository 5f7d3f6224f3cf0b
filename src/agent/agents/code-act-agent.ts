/**
 * `CodeActAgent`: an agent that asks a language model for each step and works by tools: commands, and reading, writing
 * and editing of files.
 *
 *   asking ──a call that fits──▶ an action
 *      ▲ ├──text alone──────────▶ a message to the user, whose turn it is
 *      │ └──nothing, or a call that does not fit──▶ the model is told, up to `CORRECTIONS` times, then: failed
 *      └──more than the model can read──▶ older messages are shortened, twice, then: failed
 *
 * Its state is only how far the log has been read: the messages for the model are made from the log itself, and kept
 * as long as the loop lives. Of several calls in one answer the first counts; the model sees only that one.
 */
import type { Agent, AgentAction, StepContext } from '../agent.ts';
import type { Llm, LlmAnswer, LlmMessage, LlmToolCall } from '../llm/llm.ts';
import { LlmFailure } from '../llm/llm-failure.ts';
import { StepError } from '../step-failure.ts';
import { systemPrompt } from './code-act-prompt.ts';
import { actionOfCall, isToolName, toolsForModel } from './code-act-tools.ts';
import { fitted, TIGHTEST, type Tightness } from './fit-context.ts';
import { Transcript } from './transcript.ts';

/** How often the model is told in one step that its answer is of no use. */
const CORRECTIONS = 3;
const PAGE = 500;
/** What is said until the next answer takes the place of what was streamed before. */
const RETRY = 'STATUS$LLM_RETRY';

/** The name by which settings choose it. */
export const CODE_ACT = 'CodeActAgent';

/** The id of the last event that the loop has folded. */
export type CodeActState = number;

/** @param llm Null where none is configured: then every step says so. */
export function codeActAgent(llm: Llm | null): Agent<CodeActState> {
  const steps = llm === null ? null : new Steps(llm);
  return {
    name: CODE_ACT,
    version: '1',
    initialState: () => -1,
    fold: (_, event) => event.id,
    async step(context) {
      if (steps !== null) return steps.next(context);
      const message = 'There is no model: set LLM_MODEL and LLM_API_KEY, or choose one on the settings page.';
      throw new StepError(message, { errorId: 'CONFIGURATION$SETTINGS_NOT_FOUND' });
    },
  };
}

/** What an answer of the model comes to. */
type Taken =
  | { readonly action: AgentAction }
  | { readonly wrong: string; readonly told: readonly LlmMessage[] };

class Steps {
  readonly #llm: Llm;
  readonly #transcript = new Transcript();
  /** Once something did not fit, it will not fit the next time. */
  #tightness: Tightness = 0;

  constructor(llm: Llm) {
    this.#llm = llm;
  }

  async next(context: StepContext<CodeActState>): Promise<AgentAction | null> {
    await this.#read(context);
    const messages = this.#transcript.messages();
    if (messages.length === 0) return null;
    const told: LlmMessage[] =
      messages.at(-1)?.role === 'assistant' ? [{ role: 'user', text: 'Go on.' }] : [];
    let cost: number | null = null;
    for (let corrections = 0; ; corrections += 1) {
      const answer = await this.#ask(context, messages, told);
      if (answer.cost !== null) cost = (cost ?? 0) + answer.cost;
      const taken = take(answer, corrections);
      if ('action' in taken) return cost === null ? taken.action : { ...taken.action, cost };
      if (corrections === CORRECTIONS)
        throw new StepError(failed(taken.wrong), { errorId: 'AGENT_ERROR$BAD_ANSWER' });
      context.notify(RETRY, `The model is asked again: ${taken.wrong}`);
      told.push(...taken.told);
    }
  }

  /** Takes in what the log has and the transcript has not. */
  async #read({ history, signal, state }: StepContext<CodeActState>): Promise<void> {
    const transcript = this.#transcript;
    while (transcript.lastId < state) {
      const page = await history(transcript.lastId, PAGE);
      signal.throwIfAborted();
      for (const event of page) {
        if (event.id > transcript.lastId && event.id <= state) transcript.push(event);
      }
      if (page.length === 0) throw new Error(`The log ends before event ${state}.`);
    }
  }

  async #ask(
    { notify, signal, stream }: StepContext<CodeActState>,
    messages: readonly LlmMessage[],
    told: readonly LlmMessage[],
  ): Promise<LlmAnswer> {
    for (;;) {
      try {
        return await this.#llm.complete({
          system: systemPrompt,
          messages: [...fitted(messages, this.#tightness), ...told],
          tools: toolsForModel(),
          signal,
          onText: stream,
          onRetry: (message) => notify(RETRY, message),
        });
      } catch (error) {
        if (!(error instanceof LlmFailure)) throw error;
        if (error.kind !== 'context_overflow' || this.#tightness === TIGHTEST) throw error.stepError();
        this.#tightness = this.#tightness === 0 ? 1 : TIGHTEST;
        notify(RETRY, 'The conversation is too long for the model: it is asked again without what is old.');
      }
    }
  }
}

function take({ calls, cutOff, text }: LlmAnswer, corrections: number): Taken {
  const [call] = calls;
  if (call === undefined) {
    if (text.trim() !== '') {
      return {
        action: { action: 'message', args: { content: text, image_urls: [], wait_for_response: true } },
      };
    }
    const wrong = cutOff ? 'its answer was too long' : 'its answer was empty';
    return {
      wrong,
      told: [{ role: 'user', text: `[${wrong}. Call a tool, or say something to the user.]` }],
    };
  }
  const action = actionOfCall(call, text);
  if ('wrong' in action) {
    const why = cutOff ? `${action.wrong} (The answer was cut off: it was too long.)` : action.wrong;
    return { wrong: why, told: refused(call, text, why, corrections) };
  }
  return { action: { ...action, tool_call_metadata: metadataOf(call, calls.length) } };
}

/** A call that can't be made, and its result, in a form that every provider takes. */
function refused(
  { input, metadata, name }: LlmToolCall,
  text: string,
  why: string,
  number: number,
): LlmMessage[] {
  const id = `x${String(number).padStart(8, '0')}`;
  const called = isToolName(name) || /^[\w-]{1,64}$/.test(name) ? name : 'unknown_tool';
  const call = { id, name: called, input: objectOf(input), ...(metadata === undefined ? {} : { metadata }) };
  return [
    { role: 'assistant', text, calls: [call] },
    { role: 'tool', callId: id, name: called, text: `Error: ${why}` },
  ];
}

function objectOf(json: string): unknown {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {}; // the result beside it says that it was no JSON
  }
}

/** As clients know it from the original; `provider_metadata` is for the provider alone. */
function metadataOf({ metadata, name }: LlmToolCall, calls: number): Record<string, unknown> {
  return {
    function_name: name,
    total_calls_in_response: calls,
    ...(metadata === undefined ? {} : { provider_metadata: metadata }),
  };
}

function failed(why: string): string {
  return `The model gave no answer of use, ${CORRECTIONS + 1} times in a row; the last time ${why} Send a message to try again, or choose another model.`;
}
