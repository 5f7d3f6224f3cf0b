/** A tiny request to a language model: is it there, and does it take the key? */
import { z } from 'zod';

export interface Model {
  /** As LiteLLM writes it: `openai/…`, `anthropic/…`, `gemini/…`, or any name where `baseUrl` is given. */
  readonly name: string;
  readonly apiKey: string | null;
  /** Null: the provider's own. */
  readonly baseUrl: string | null;
}

/** What went wrong, and what to do about it. Neither holds the key. */
export class ModelProblem extends Error {
  override readonly name = 'ModelProblem';
  readonly mend: string;

  constructor(message: string, mend: string) {
    super(message);
    this.mend = mend;
  }
}

/** Answers with the address that was asked. Throws a `ModelProblem`. */
export async function askModel(model: Model, signal: AbortSignal): Promise<string> {
  const { body, headers, url } = requestFor(model);
  const { origin } = new URL(url);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal,
    });
    text = await response.text();
  } catch (error) {
    const late = error instanceof Error && error.name === 'TimeoutError';
    const found = late ? `${origin} does not answer in time` : `${origin} can’t be reached`;
    throw new ModelProblem(found, 'Check the network, a proxy, and LLM_BASE_URL.');
  }
  if (response.ok) return origin;
  throw problemOf(response.status, origin, model, text);
}

interface ModelRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

function requestFor({ apiKey, baseUrl, name }: Model): ModelRequest {
  const slash = name.indexOf('/');
  const provider = slash < 0 ? '' : name.slice(0, slash);
  const id = name.slice(slash + 1);
  const messages = [{ role: 'user', content: 'Say: ok' }];
  if (provider === 'anthropic' || (baseUrl === null && name.startsWith('claude-'))) {
    return {
      url: `${base(baseUrl, 'https://api.anthropic.com')}/v1/messages`,
      headers: { 'x-api-key': apiKey ?? '', 'anthropic-version': '2023-06-01' },
      body: { model: id, max_tokens: 1, messages },
    };
  }
  if (provider === 'gemini' || (baseUrl === null && name.startsWith('gemini-'))) {
    const root = base(baseUrl, 'https://generativelanguage.googleapis.com');
    return {
      url: `${root}/v1beta/models/${encodeURIComponent(id)}:generateContent`,
      headers: { 'x-goog-api-key': apiKey ?? '' },
      body: { contents: [{ role: 'user', parts: [{ text: 'Say: ok' }] }] },
    };
  }
  if (baseUrl === null && provider !== 'openai' && provider !== '') {
    throw new ModelProblem(
      `nobody knows where to ask ${name}`,
      'Write openai/, anthropic/ or gemini/ before the name, or set LLM_BASE_URL.',
    );
  }
  return {
    url: `${base(baseUrl, 'https://api.openai.com/v1')}/chat/completions`,
    headers: apiKey === null ? {} : { authorization: `Bearer ${apiKey}` },
    body: { model: provider === 'openai' || baseUrl === null ? id : name, messages },
  };
}

function base(given: string | null, own: string): string {
  return (given ?? own).replace(/\/+$/, '').replace(/\/v1$/, own.endsWith('/v1') ? '/v1' : '');
}

const errorSchema = z.object({ error: z.union([z.string(), z.object({ message: z.string() })]) });

function problemOf(status: number, origin: string, { apiKey, name }: Model, text: string): ModelProblem {
  const said = `${origin} answers with status ${status}${detail(text, apiKey)}`;
  switch (status) {
    case 401:
    case 403:
      return new ModelProblem(said, 'The key is missing or wrong: set LLM_API_KEY.');
    case 404:
      return new ModelProblem(said, `Check the name of the model (${name}), and LLM_BASE_URL.`);
    case 402:
    case 429:
      return new ModelProblem(said, 'The quota is used up: wait, or look at the provider’s billing page.');
    default:
      if (status >= 500) return new ModelProblem(said, 'The provider has trouble: try again later.');
      return new ModelProblem(said, `Check the name of the model (${name}), and LLM_BASE_URL.`);
  }
}

/** What the provider says of it, in one line, without the key. */
function detail(text: string, apiKey: string | null): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return ''; // a page for people, mostly
  }
  const { data } = errorSchema.safeParse(parsed);
  if (data === undefined) return '';
  const message = typeof data.error === 'string' ? data.error : data.error.message;
  const safe = apiKey ? message.replaceAll(apiKey, '[redacted]') : message;
  return `: ${safe.replaceAll(/\s+/g, ' ').slice(0, 300)}`;
}
