/**
 * The port `Llm`: a language model that is asked once and streams its answer. Agents, titles and one-off completions
 * use it; `LlmProvider` makes one from settings.
 */
import type { SharedV3ProviderMetadata } from '@ai-sdk/provider';

/** What a provider wants to see again with the call that it came with, such as Gemini's thought signatures. */
export type ProviderMetadata = SharedV3ProviderMetadata;

export type LlmMessage =
  /** `images`: data URLs, or http(s) addresses that the provider fetches. */
  | { readonly role: 'user'; readonly text: string; readonly images?: readonly string[] }
  | { readonly role: 'assistant'; readonly text: string; readonly calls?: readonly LlmMessageCall[] }
  /** The answer to a call of the assistant's message before it. */
  | { readonly role: 'tool'; readonly callId: string; readonly name: string; readonly text: string };

export interface LlmMessageCall {
  readonly id: string;
  readonly name: string;
  /** As the tool's schema wants it. */
  readonly input: unknown;
  readonly metadata?: ProviderMetadata;
}

export interface LlmTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

export interface LlmRequest {
  readonly system: string;
  /** Every call of an assistant is answered by the messages right after it. */
  readonly messages: readonly LlmMessage[];
  /** @default none */
  readonly tools?: readonly LlmTool[];
  /** Ends the request; `complete` then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Called with each piece of the text as it comes. After a retry the text begins anew. */
  readonly onText?: (text: string) => void;
  /** Called before each retry with a line for people: what has failed, and when it is tried again. */
  readonly onRetry?: (message: string) => void;
}

/** A call as the model wrote it: neither the name nor the arguments have been checked. */
export interface LlmToolCall {
  readonly name: string;
  /** What should be JSON. */
  readonly input: string;
  readonly metadata?: ProviderMetadata;
}

export interface LlmAnswer {
  readonly text: string;
  readonly calls: readonly LlmToolCall[];
  /** Whether the answer ends where the model could write no more. */
  readonly cutOff: boolean;
  /** US dollars; null where the price is not known. */
  readonly cost: number | null;
}

export interface Llm {
  /** As the settings name it. */
  readonly model: string;
  /** Rejects with `LlmFailure`, and with the signal's reason where it is aborted. */
  complete(request: LlmRequest): Promise<LlmAnswer>;
}
