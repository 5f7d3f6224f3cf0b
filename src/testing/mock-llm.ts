/**
 * A stand-in for a provider of language models, over real HTTP on loopback: it answers as its script says and records
 * what it was asked. It speaks OpenAI's `/v1/chat/completions` and Anthropic's `/v1/messages`, streamed and not.
 *
 * @example
 * ```ts
 * await using llm = await MockLlm.start(
 *   [
 *     { text: 'I look around.', toolCalls: [{ name: 'run', arguments: { command: 'ls' } }] },
 *     { fault: 'unavailable' },
 *     { text: ['Do', 'ne', '.'] },
 *   ],
 *   { aside: withoutTools({ text: 'A title' }) },
 * );
 * // LLM_MODEL=openai/mock (or anthropic/mock), LLM_API_KEY=anything, LLM_BASE_URL=llm.url
 * ```
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { anthropicFormat } from './mock-llm-anthropic.ts';
import { openaiFormat } from './mock-llm-openai.ts';
import type {
  MockAnswer,
  MockFormat,
  MockReply,
  MockRequest,
  MockScriptStep,
  WholeAnswer,
} from './mock-llm-reply.ts';

export type * from './mock-llm-reply.ts';

export interface MockLlmOptions {
  /**
   * Asked before the script: where it gives a reply, none is taken from the script. What it has replied to is in
   * `asides`, not in `requests`. A server asks for titles by itself, so tests of one want `withoutTools`. @default
   * none
   */
  readonly aside?: (request: MockRequest) => MockReply | null;
  /** What is answered when the script is at its end. @default 400 with a message that says so */
  readonly otherwise?: MockScriptStep;
}

/** For the option `aside`: this reply to every request without tools. */
export function withoutTools(reply: MockReply): (request: MockRequest) => MockReply | null {
  return ({ body }) => (Array.isArray(body['tools']) ? null : reply);
}

const exhausted: MockReply = {
  status: 400,
  body: { error: { type: 'invalid_request_error', message: 'The script of this mock LLM is at its end.' } },
};

export class MockLlm implements AsyncDisposable {
  /** Every request that the script has replied to, or hangs over, in the order of arrival. */
  readonly requests: MockRequest[] = [];
  /** The others. */
  readonly asides: MockRequest[] = [];
  readonly #script: MockScriptStep[];
  readonly #otherwise: MockScriptStep;
  readonly #aside: (request: MockRequest) => MockReply | null;
  readonly #server: Server;
  readonly #watchers = new Set<() => void>();
  #calls = 0;

  /** @param script One reply for each request, in order. */
  static async start(script: readonly MockScriptStep[] = [], options: MockLlmOptions = {}): Promise<MockLlm> {
    const llm = new MockLlm(script, options);
    await new Promise<void>((resolve, reject) => {
      llm.#server.once('error', reject);
      llm.#server.listen(0, '127.0.0.1', resolve);
    });
    return llm;
  }

  private constructor(script: readonly MockScriptStep[], options: MockLlmOptions) {
    this.#script = [...script];
    this.#otherwise = options.otherwise ?? exhausted;
    this.#aside = options.aside ?? (() => null);
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        if (response.headersSent) response.destroy();
        else sendJson(response, 500, { error: { type: 'mock_llm', message } });
      });
    });
  }

  /** What `LLM_BASE_URL` is set to. */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The mock LLM is not open.');
    return `http://127.0.0.1:${address.port}/v1`;
  }

  /** Adds to the script. */
  add(...steps: readonly MockScriptStep[]): void {
    this.#script.push(...steps);
  }

  /** Resolves when so many requests have come; rejects after `timeoutMs`. */
  requested(count: number, timeoutMs = 10_000): Promise<void> {
    if (this.requests.length >= count) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        end();
      };
      const check = (): void => {
        if (this.requests.length >= count) settle(resolve);
      };
      const timer = setTimeout(() => {
        const came = `${this.requests.length} of ${count} requests came within ${timeoutMs} ms`;
        settle(() => reject(new Error(came)));
      }, timeoutMs);
      this.#watchers.add(check);
    });
  }

  /** Ends every connection, also of answers that wait at a gate. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = await read(request);
    if (asked === null) {
      sendJson(response, 404, { error: { type: 'not_found', message: `No such route: ${request.url}` } });
      return;
    }
    const aside = this.#aside(asked);
    if (aside !== null) {
      this.asides.push(asked);
      return this.#reply(asked, response, aside);
    }
    this.requests.push(asked);
    for (const check of [...this.#watchers]) check();
    const step = this.#script.shift() ?? this.#otherwise;
    await this.#reply(asked, response, typeof step === 'function' ? step(asked) : step);
  }

  async #reply(asked: MockRequest, response: ServerResponse, reply: MockReply): Promise<void> {
    const format = asked.api === 'openai' ? openaiFormat : anthropicFormat;
    if ('status' in reply) {
      sendJson(response, reply.status, reply.body, reply.headers);
    } else if (!('fault' in reply)) {
      await send(response, format, this.#whole(asked, reply), asked.stream, reply.breaksOff ?? false);
    } else if (reply.fault === 'reset') {
      response.destroy();
    } else if (reply.fault !== 'hang') {
      const { status, body } = format.failure(reply.fault);
      sendJson(response, status, body, reply.headers);
    }
  }

  #whole({ model }: MockRequest, answer: MockAnswer): WholeAnswer {
    const { text = [], toolCalls = [], usage = { input: 100, output: 10 } } = answer;
    return {
      model,
      usage,
      pieces: typeof text === 'string' ? [text] : text,
      toolCalls: toolCalls.map(({ id, name, arguments: given }) => {
        this.#calls += 1;
        return {
          id: id ?? `call_${this.#calls}`,
          name,
          json: typeof given === 'string' ? given : JSON.stringify(given),
        };
      }),
    };
  }
}

/** Null where it is for none of the routes. */
async function read(request: IncomingMessage): Promise<MockRequest | null> {
  const at = performance.now();
  const path = request.url ?? '';
  const openai = path.endsWith('/chat/completions');
  if (request.method !== 'POST' || !(openai || path.endsWith('/messages'))) return null;
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const body: unknown = JSON.parse(Buffer.concat(parts).toString());
  if (!isObject(body)) throw new Error('The body of a request is a JSON object.');
  return {
    api: openai ? 'openai' : 'anthropic',
    path,
    headers: request.headers,
    body,
    model: String(body['model']),
    stream: body['stream'] === true,
    at,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function send(
  response: ServerResponse,
  format: MockFormat,
  answer: WholeAnswer,
  stream: boolean,
  breaksOff: boolean,
): Promise<void> {
  const gone = new Promise<void>((resolve) => response.once('close', resolve));
  let text = '';
  if (stream) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    response.write(format.begin(answer));
  }
  for (const piece of answer.pieces) {
    if (piece instanceof Promise) {
      await Promise.race([piece, gone]);
    } else {
      const said = typeof piece === 'string' ? piece : piece();
      if (stream) await written(response, format.piece(answer, said));
      else text += said;
    }
    if (response.destroyed) return;
  }
  if (breaksOff) response.destroy();
  else if (stream) response.end(format.end(answer));
  else sendJson(response, 200, format.whole(answer, text));
}

/** Resolves when the text has left this process, or can't. */
function written(response: ServerResponse, text: string): Promise<void> {
  return new Promise((resolve) => {
    response.write(text, () => resolve());
  });
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
