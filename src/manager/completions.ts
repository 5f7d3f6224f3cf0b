/** One-off requests to a conversation's language model, beside its agent. */
import type { LlmMessage } from '../agent/llm/llm.ts';
import { LlmFailure } from '../agent/llm/llm-failure.ts';
import type { LlmProvider } from '../agent/llm/llm-provider.ts';
import { ConveneError } from '../errors.ts';
import type { ConversationRecord } from '../store/event-store.ts';
import type { Settings } from '../store/settings.ts';
import type { LlmCompletionMessage } from './conversation-manager.ts';
import type { ConversationSettings } from './conversation-settings.ts';

export interface CompletionsOptions {
  readonly llms?: LlmProvider;
  readonly settings: ConversationSettings;
}

export class Completions {
  readonly #options: CompletionsOptions;
  readonly #stopped = new AbortController();

  constructor(options: CompletionsOptions) {
    this.#options = options;
  }

  /** Whether there is a model to ask for this conversation. */
  canAsk(record: ConversationRecord): boolean {
    return this.#options.llms?.has(this.#options.settings.open(record)) ?? false;
  }

  /** Throws `settings_not_found`, `llm_failed`, and the signal's reason. */
  async complete(
    record: ConversationRecord,
    messages: readonly LlmCompletionMessage[],
    signal?: AbortSignal,
  ): Promise<string> {
    return this.#ask(this.#options.settings.open(record), messages, signal);
  }

  /** Asks for a word, to see whether the model of these settings answers. Throws the same. */
  async tryOut(settings: Settings | null, signal?: AbortSignal): Promise<void> {
    await this.#ask(settings, [{ role: 'user', content: 'Answer with the word OK.' }], signal);
  }

  async #ask(
    settings: Settings | null,
    messages: readonly LlmCompletionMessage[],
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const llm = this.#options.llms?.for(settings) ?? null;
    if (llm === null) throw new ConveneError('settings_not_found');
    const stopped = this.#stopped.signal;
    try {
      const { text } = await llm.complete({
        system: messages.flatMap(({ content, role }) => (role === 'system' ? [content] : [])).join('\n\n'),
        messages: messages.flatMap(asked),
        signal: signal === undefined ? stopped : AbortSignal.any([stopped, signal]),
      });
      return text;
    } catch (error) {
      if (!(error instanceof LlmFailure)) throw error;
      throw new ConveneError('llm_failed', error.message, { details: { reason: error.kind } });
    }
  }

  /** Ends what is under way, and whatever is asked afterwards. */
  stop(): void {
    this.#stopped.abort(new ConveneError('draining'));
  }
}

function asked({ content: text, role }: LlmCompletionMessage): LlmMessage[] {
  return role === 'system' ? [] : [{ role, text }];
}
