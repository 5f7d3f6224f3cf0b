/** A server whose agents ask a stand-in for a language model. */
import {
  MockLlm,
  type MockRequest,
  type MockScriptStep,
  withoutTools,
} from '../../../src/testing/mock-llm.ts';
import { ServerProcess } from './server-process.ts';

export const apis = ['openai', 'anthropic'] as const;
export type Api = (typeof apis)[number];

export const apiKey = 'sk-of-the-test-5eCr3T';
/** The silence after which a model counts as failed. */
const SILENCE_MS = 700;
export const RETRIES = 2;

export function mockLlm(script: readonly MockScriptStep[] = []): Promise<MockLlm> {
  return MockLlm.start(script, { aside: withoutTools({ text: 'A title from the model' }) });
}

/** What a server needs to ask it. `model`: as its provider calls it. */
function modelEnv(llm: MockLlm, api: Api = 'openai', model = 'mock'): Record<string, string> {
  return {
    LLM_MODEL: `${api}/${model}`,
    LLM_API_KEY: apiKey,
    LLM_BASE_URL: llm.url,
    LLM_NUM_RETRIES: String(RETRIES),
    CONVENE_LLM_RETRY_DELAY_MS: '20',
    CONVENE_LLM_TIMEOUT_MS: String(SILENCE_MS),
  };
}

export function serverWith(
  llm: MockLlm,
  dataDir: string,
  { api, env = {}, model }: { api?: Api; env?: Record<string, string>; model?: string } = {},
): Promise<ServerProcess> {
  return ServerProcess.start({ dataDir, env: { ...modelEnv(llm, api, model), ...env } });
}

/** Short for a reply that calls one tool. */
export function calls(name: string, args: unknown, text = ''): MockScriptStep {
  return { text, toolCalls: [{ name, arguments: args }] };
}

/** The names of calls and of results in the order of the request's messages; throws where they are not in pairs. */
export function pairsOf({ api, body }: MockRequest): number {
  const messages = body['messages'];
  if (!Array.isArray(messages)) throw new Error('A request has messages.');
  const told = messages.flatMap((message: unknown) =>
    api === 'openai' ? openaiParts(message) : anthropicParts(message),
  );
  let open: string | null = null;
  let pairs = 0;
  for (const { call, id } of told) {
    if (call === (open === null) && (call || id === open)) open = call ? id : null;
    else throw new Error(`${call ? 'A call' : 'A result'} is out of place: ${id}`);
    if (!call) pairs += 1;
  }
  if (open !== null) throw new Error(`A call has no result: ${open}`);
  return pairs;
}

interface Part {
  readonly call: boolean;
  readonly id: string;
}

function openaiParts(message: unknown): Part[] {
  const { role, tool_call_id, tool_calls } = Object(message);
  if (role === 'tool') return [{ call: false, id: String(tool_call_id) }];
  return Array.isArray(tool_calls) ? tool_calls.map(({ id }) => ({ call: true, id: String(id) })) : [];
}

function anthropicParts(message: unknown): Part[] {
  const { content } = Object(message);
  if (!Array.isArray(content)) return [];
  return content.flatMap((part: unknown): Part[] => {
    const { id, tool_use_id, type } = Object(part);
    if (type === 'tool_use') return [{ call: true, id: String(id) }];
    return type === 'tool_result' ? [{ call: false, id: String(tool_use_id) }] : [];
  });
}
