/**
 * `SdkLlm`: one attempt at a model's API, through the AI SDK's providers. They are loaded with the first request.
 */
import type { JSONSchema7, LanguageModelV3, SharedV3ProviderOptions } from '@ai-sdk/provider';
import type { Clock } from '../../clock.ts';
import { redactor } from '../../events/redaction.ts';
import type { Llm, LlmAnswer, LlmRequest, LlmToolCall } from './llm.ts';
import { failureOf, LlmFailure } from './llm-failure.ts';
import type { ModelPlace } from './model-name.ts';
import { costOf, type TokenUse } from './prices.ts';
import { sdkPrompt } from './sdk-prompt.ts';

export interface SdkLlmOptions {
  /** As the settings name it. */
  readonly name: string;
  readonly place: ModelPlace;
  readonly apiKey: string | null;
  /** How long nothing may come, in ms. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Only one call at a time: an agent takes one step after the other. */
const oneCall: SharedV3ProviderOptions = { anthropic: { disableParallelToolUse: true } };

export class SdkLlm implements Llm {
  readonly model: string;
  readonly #options: SdkLlmOptions;
  readonly #host: string;
  #sdk: Promise<LanguageModelV3> | null = null;

  constructor(options: SdkLlmOptions) {
    this.model = options.name;
    this.#options = options;
    this.#host = new URL(options.place.baseUrl).host;
  }

  async complete(request: LlmRequest): Promise<LlmAnswer> {
    const { clock, timeoutMs } = this.#options;
    const silence = new AbortController();
    let cancel = (): void => {};
    const heard = (): void => {
      cancel();
      cancel = clock.after(timeoutMs, () => silence.abort());
    };
    heard();
    try {
      this.#sdk ??= languageModel(this.#options);
      return await this.#read(await this.#sdk, request, silence.signal, heard);
    } catch (error) {
      request.signal.throwIfAborted();
      throw silence.signal.aborted ? this.#timeout() : this.#failure(error);
    } finally {
      cancel();
      silence.abort(); // of an answer that is not wanted to its end
    }
  }

  async #read(
    model: LanguageModelV3,
    request: LlmRequest,
    silence: AbortSignal,
    heard: () => void,
  ): Promise<LlmAnswer> {
    const { place } = this.#options;
    const tools = (request.tools ?? []).map(({ description, inputSchema, name }) => ({
      type: 'function' as const,
      name,
      description,
      inputSchema: inputSchema satisfies JSONSchema7,
    }));
    const { stream } = await model.doStream({
      prompt: sdkPrompt(request, place.api === 'anthropic'),
      ...(tools.length === 0 ? {} : { tools, toolChoice: { type: 'auto' }, providerOptions: oneCall }),
      abortSignal: AbortSignal.any([request.signal, silence]),
    });
    let text = '';
    const calls: LlmToolCall[] = [];
    let use: TokenUse = { input: 0, cached: 0, output: 0 };
    let end: string | null = null;
    for await (const part of stream) {
      heard();
      switch (part.type) {
        case 'text-delta':
          text += part.delta;
          request.onText?.(part.delta);
          break;
        case 'tool-call': {
          const { input, providerMetadata, toolName: name } = part;
          const metadata = providerMetadata === undefined ? {} : { metadata: providerMetadata };
          calls.push({ name, input, ...metadata });
          break;
        }
        case 'finish': {
          const { inputTokens, outputTokens } = part.usage;
          use = {
            input: inputTokens.total ?? 0,
            cached: inputTokens.cacheRead ?? 0,
            output: outputTokens.total ?? 0,
          };
          end = part.finishReason.raw === undefined ? null : part.finishReason.unified;
          break;
        }
        case 'error':
          throw part.error;
        default: // ends of parts, thoughts, sources: nobody asks for them
      }
    }
    if (end === null) throw new TypeError('terminated'); // as where the connection breaks in the middle of a line
    return { text, calls, cutOff: end === 'length', cost: costOf(place.model, use) };
  }

  #timeout(): LlmFailure {
    const seconds = Math.round(this.#options.timeoutMs / 100) / 10;
    const said = `The model ${this.model} at ${this.#host} did not answer in time: nothing came for ${seconds} s. Send a message to try again.`;
    return new LlmFailure('timeout', said);
  }

  /** A provider's own words may hold the key. */
  #failure(error: unknown): unknown {
    const { apiKey, clock, place } = this.#options;
    const failure = failureOf(error, { model: this.model, host: this.#host, now: clock.now() });
    if (failure === null) return error;
    const message = redactor([apiKey ?? '', new URL(place.baseUrl).password]).text(failure.message);
    return new LlmFailure(failure.kind, message, failure.retryAfterMs);
  }
}

/** A missing key is an empty one: providers would look for one in the environment. */
async function languageModel({ apiKey, place }: SdkLlmOptions): Promise<LanguageModelV3> {
  const { model } = place;
  const { baseURL, headers } = withoutPassword(place.baseUrl);
  switch (place.api) {
    case 'anthropic': {
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      return createAnthropic({ baseURL, headers, apiKey: apiKey ?? '' })(model);
    }
    case 'google': {
      const { createGoogleGenerativeAI } = await import('@ai-sdk/google');
      return createGoogleGenerativeAI({ baseURL, headers, apiKey: apiKey ?? '' })(model);
    }
    case 'openai': {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      return createOpenAICompatible({
        name: 'openai',
        baseURL,
        headers,
        includeUsage: true,
        ...(apiKey === null ? {} : { apiKey }),
      })(model);
    }
  }
}

/** What an address has before its host goes into a header: `fetch` takes none in an address. */
function withoutPassword(url: string): { baseURL: string; headers: Record<string, string> } {
  const { hash: _, host, password, pathname, protocol, search, username } = new URL(url);
  const baseURL = `${protocol}//${host}${pathname.replace(/\/$/, '')}${search}`;
  if (username === '' && password === '') return { baseURL, headers: {} };
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { baseURL, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}
