/** What a `MockLlm` can be told to answer. */

/** What is wrong, in the words of whichever API is asked. */
export const mockFaults = [
  /** 401: the key is not valid. */
  'wrong_key',
  /** 429: too many requests a minute. */
  'rate_limit',
  /** 429: the account has no credit left. */
  'quota',
  /** 500. */
  'internal',
  /** 503 (Anthropic: 529). */
  'unavailable',
  /** 404: there is no such model. */
  'unknown_model',
  /** 400: the prompt is longer than the model's context. */
  'context_overflow',
  /** Takes the request and never answers. */
  'hang',
  /** Closes the connection without an answer. */
  'reset',
] as const;
export type MockFaultName = (typeof mockFaults)[number];

export interface MockFault {
  readonly fault: MockFaultName;
  /** More headers, such as `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer of which every byte is given. */
export interface MockResponse {
  readonly status: number;
  /** Sent as JSON, a string as it is. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface MockToolCall {
  /** @default `call_1`, `call_2`, …, counted over all answers */
  readonly id?: string;
  readonly name: string;
  /** Sent as JSON; a string as it is, to send what is no JSON. */
  readonly arguments: unknown;
}

/** A piece of text, or what makes it right before it is sent, or a gate: what follows waits for the promise. */
export type MockPiece = string | (() => string) | Promise<unknown>;

/** What a model says. Nothing at all is an empty answer. */
export interface MockAnswer {
  /** One string, or pieces that are streamed one by one. */
  readonly text?: string | readonly MockPiece[];
  readonly toolCalls?: readonly MockToolCall[];
  /** Tokens. @default 100 in, 10 out */
  readonly usage?: { readonly input: number; readonly output: number };
  /** The connection breaks after the text, before the end of the answer. @default false */
  readonly breaksOff?: boolean;
}

export type MockReply = MockAnswer | MockFault | MockResponse;

/** A request as it came. */
export interface MockRequest {
  readonly api: 'openai' | 'anthropic';
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed JSON. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly model: string;
  readonly stream: boolean;
  /** On the clock of `performance.now()`. */
  readonly at: number;
}

/** A reply, or a function that makes one when its turn has come. */
export type MockScriptStep = MockReply | ((request: MockRequest) => MockReply);

/** An answer with everything that may be left out. */
export interface WholeAnswer {
  readonly model: string;
  readonly pieces: readonly MockPiece[];
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly json: string }[];
  readonly usage: { readonly input: number; readonly output: number };
}

/** How one API writes answers. */
export interface MockFormat {
  /** Without streaming. `text`: all pieces. */
  whole(answer: WholeAnswer, text: string): unknown;
  /** Frames of server-sent events: before the text, for each piece of it, and after it. */
  begin(answer: WholeAnswer): string;
  piece(answer: WholeAnswer, text: string): string;
  end(answer: WholeAnswer): string;
  failure(fault: Exclude<MockFaultName, 'hang' | 'reset'>): {
    readonly status: number;
    readonly body: unknown;
  };
}
