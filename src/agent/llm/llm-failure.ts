/**
 * What can go wrong with a model's provider: one kind for each thing that a person can do about it. Providers say
 * it in many ways; `failureOf` reads them.
 */
import { AISDKError, APICallError } from '@ai-sdk/provider';
import { StepError } from '../step-failure.ts';

export type LlmFailureKind =
  | 'authentication'
  | 'quota'
  | 'rate_limit'
  | 'unavailable'
  | 'internal'
  | 'timeout'
  | 'context_overflow'
  /** The request itself: an unknown model, or something that it can't do. */
  | 'refused';

interface KindRow {
  /** Whether the same request may succeed a little later. */
  readonly passing: boolean;
  readonly errorId: string;
  readonly state: 'error' | 'rate_limited';
  readonly status: string | null;
}

const unavailable = 'STATUS$ERROR_LLM_SERVICE_UNAVAILABLE';
const authentication = 'STATUS$ERROR_LLM_AUTHENTICATION';
const internal = 'STATUS$ERROR_LLM_INTERNAL_SERVER_ERROR';

const kinds: Readonly<Record<LlmFailureKind, KindRow>> = {
  authentication: { passing: false, errorId: authentication, state: 'error', status: authentication },
  quota: { passing: false, errorId: 'LLM_ERROR$QUOTA', state: 'rate_limited', status: null },
  rate_limit: { passing: true, errorId: 'LLM_ERROR$RATE_LIMIT', state: 'rate_limited', status: null },
  unavailable: { passing: true, errorId: unavailable, state: 'error', status: unavailable },
  internal: { passing: true, errorId: internal, state: 'error', status: internal },
  timeout: { passing: true, errorId: 'LLM_ERROR$TIMEOUT', state: 'error', status: unavailable },
  context_overflow: {
    passing: false,
    errorId: 'LLM_ERROR$CONTEXT_OVERFLOW',
    state: 'error',
    status: null,
  },
  refused: { passing: false, errorId: 'LLM_ERROR$REFUSED', state: 'error', status: null },
};

/** Its message is for people; it holds no secret. */
export class LlmFailure extends Error {
  override readonly name = 'LlmFailure';
  readonly kind: LlmFailureKind;
  /** When the provider wants to be asked again, in ms from now; null where it does not say. */
  readonly retryAfterMs: number | null;

  constructor(kind: LlmFailureKind, message: string, retryAfterMs: number | null = null) {
    super(message);
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }

  get passing(): boolean {
    return kinds[this.kind].passing;
  }

  /** The same as what an agent's step throws. */
  stepError(): StepError {
    const { errorId, state, status } = kinds[this.kind];
    return new StepError(this.message, { errorId, state, ...(status === null ? {} : { status }) });
  }
}

/** Who was asked, for the messages. */
export interface Asked {
  readonly model: string;
  /** Host of the API. */
  readonly host: string;
  /** Wall time in ms, for a `retry-after` that is a date. */
  readonly now: number;
}

/** Null for an error that no provider causes: a mistake of ours. */
export function failureOf(error: unknown, asked: Asked): LlmFailure | null {
  if (error instanceof LlmFailure) return error;
  if (APICallError.isInstance(error)) {
    const { responseBody, responseHeaders, statusCode } = error;
    const said = `${error.message}\n${responseBody ?? ''}`;
    const kind = statusCode === undefined ? 'unavailable' : kindOf(statusCode, said);
    return failure(kind, error.message, asked, retryAfter(responseHeaders, asked.now));
  }
  if (AISDKError.isInstance(error)) return failure('internal', error.message, asked);
  if (error instanceof Error) {
    return isOfTheNetwork(error) ? failure('unavailable', 'the connection broke', asked) : null;
  }
  // What a provider sends in the middle of a stream.
  const text = JSON.stringify(error) ?? '';
  return failure(kindOf(streamStatus(text), text), messageIn(error) ?? 'no reason given', asked);
}

const patterns = {
  overflow:
    /context_length_exceeded|context length|context window|prompt is too long|input is too long|exceeds? the (maximum|available) (context|number of tokens)|too many tokens|input token count/i,
  quota: /insufficient.?(quota|funds|balance)|exceeded your current quota|credit balance|billing/i,
  key: /api.key.not.valid|invalid.api.key|incorrect api key|API_KEY_INVALID/i,
} as const;

function kindOf(status: number, said: string): LlmFailureKind {
  if (status === 401 || status === 403 || (status === 400 && patterns.key.test(said)))
    return 'authentication';
  if (status >= 400 && status < 500 && status !== 429 && patterns.overflow.test(said))
    return 'context_overflow';
  // Gemini says quota also where it means a rate; then it names a delay.
  const isQuota = patterns.quota.test(said) && !said.includes('retryDelay');
  if (status === 402 || ((status === 429 || status === 400) && isQuota)) return 'quota';
  if (status === 429) return 'rate_limit';
  if (status === 408) return 'timeout';
  if (status >= 501) return 'unavailable';
  return status >= 500 || status < 400 ? 'internal' : 'refused';
}

/** What the same would have been as the status of an answer. */
function streamStatus(text: string): number {
  if (/overloaded|unavailable/i.test(text)) return 503;
  if (/rate_limit/i.test(text)) return 429;
  return /invalid_request/i.test(text) ? 400 : 500;
}

function failure(
  kind: LlmFailureKind,
  said: string,
  { host, model }: Asked,
  retryAfterMs: number | null = null,
): LlmFailure {
  const reason = shortened(said);
  return new LlmFailure(kind, describe(kind, { host, model, reason }), retryAfterMs);
}

interface Described {
  readonly host: string;
  readonly model: string;
  readonly reason: string;
}

function describe(kind: LlmFailureKind, { host, model, reason }: Described): string {
  switch (kind) {
    case 'authentication':
      return `The model's provider (${host}) does not accept the API key: ${reason}. Set a valid key: LLM_API_KEY, or the settings page for conversations that are started afterwards.`;
    case 'quota':
      return `The quota or credit of the account at ${host} is used up: ${reason}. Add credit there, or set another key or model, and send a message to go on.`;
    case 'rate_limit':
      return `The model's provider (${host}) takes no more requests for now: ${reason}. Wait a little and send a message to go on.`;
    case 'unavailable':
      return `The model's provider (${host}) cannot be reached or is overloaded: ${reason}. Send a message to try again.`;
    case 'internal':
      return `The model's provider (${host}) failed: ${reason}. Send a message to try again.`;
    case 'timeout':
      return `The model ${model} at ${host} did not answer in time: ${reason}. Send a message to try again.`;
    case 'context_overflow':
      return `The conversation is longer than the model ${model} can read, also with old output left out. Begin a new conversation, or choose a model with a larger context.`;
    case 'refused':
      return `The model's provider (${host}) refused the request for the model ${model}: ${reason}. Check the model's name and what it can do.`;
  }
}

/** One line, without a stop at its end. */
function shortened(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ').replace(/\.+$/, '');
  return line.length > 300 ? `${line.slice(0, 300)}…` : line || 'no reason given';
}

/** Also what undici throws where a stream breaks off. */
function isOfTheNetwork(error: Error): boolean {
  const cause: unknown = error.cause;
  const code = 'code' in error ? error.code : hasCode(cause) ? cause.code : undefined;
  const isOfFetch = error instanceof TypeError && /terminated|fetch failed|network/i.test(error.message);
  return isOfFetch || (typeof code === 'string' && /^(E[A-Z]+|UND_ERR_[A-Z_]+)$/.test(code));
}

function hasCode(value: unknown): value is { readonly code: unknown } {
  return typeof value === 'object' && value !== null && 'code' in value;
}

function messageIn(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return null;
  if ('message' in value && typeof value.message === 'string') return value.message;
  return 'error' in value ? messageIn(value.error) : null;
}

/** In ms. Seconds or a date, as HTTP has it, or `retry-after-ms`. */
function retryAfter(headers: Readonly<Record<string, string>> | undefined, now: number): number | null {
  const ms = Number(headers?.['retry-after-ms'] ?? Number.NaN);
  if (Number.isFinite(ms) && ms >= 0) return ms;
  const given = headers?.['retry-after'];
  if (given === undefined) return null;
  const seconds = Number(given);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const at = Date.parse(given);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
