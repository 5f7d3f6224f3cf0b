/** Answers as Anthropic's `/v1/messages` writes them. */
import type { MockFormat, WholeAnswer } from './mock-llm-reply.ts';

const failures = {
  wrong_key: [401, 'authentication_error', 'invalid x-api-key'],
  rate_limit: [429, 'rate_limit_error', 'This request would exceed the rate limit of your organization.'],
  quota: [400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'],
  internal: [500, 'api_error', 'Internal server error'],
  unavailable: [529, 'overloaded_error', 'Overloaded'],
  unknown_model: [404, 'not_found_error', 'model: mock'],
  context_overflow: [400, 'invalid_request_error', 'prompt is too long: 200001 tokens > 200000 maximum'],
} as const;

export const anthropicFormat: MockFormat = {
  whole: (answer, text) => ({
    ...head(answer),
    content: [
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...answer.toolCalls.map(({ id, name, json }) => ({ type: 'tool_use', id, name, input: parsed(json) })),
    ],
    stop_reason: stopReason(answer),
    usage: { input_tokens: answer.usage.input, output_tokens: answer.usage.output },
  }),
  begin(answer) {
    const start = event('message_start', { message: head(answer) });
    if (answer.pieces.length === 0) return start;
    const content_block = { type: 'text', text: '' };
    return start + event('content_block_start', { index: 0, content_block });
  },
  piece: (_answer, text) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
  end(answer) {
    const first = answer.pieces.length === 0 ? 0 : 1;
    return [
      ...(first === 0 ? [] : [event('content_block_stop', { index: 0 })]),
      ...answer.toolCalls.map((call, index) => toolUse(call, first + index)),
      event('message_delta', {
        delta: { stop_reason: stopReason(answer), stop_sequence: null },
        usage: { output_tokens: answer.usage.output },
      }),
      event('message_stop', {}),
    ].join('');
  },
  failure(fault) {
    const [status, type, message] = failures[fault];
    return { status, body: { type: 'error', error: { type, message } } };
  },
};

function head({ model, usage }: WholeAnswer) {
  return {
    id: 'msg_mock',
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: usage.input, output_tokens: 0 },
  };
}

/** Its arguments come in two pieces. */
function toolUse({ id, name, json }: WholeAnswer['toolCalls'][number], index: number): string {
  const half = Math.ceil(json.length / 2);
  const content_block = { type: 'tool_use', id, name, input: {} };
  return [
    event('content_block_start', { index, content_block }),
    ...[json.slice(0, half), json.slice(half)].map((partial_json) =>
      event('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json } }),
    ),
    event('content_block_stop', { index }),
  ].join('');
}

function event(type: string, fields: Record<string, unknown>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

function stopReason({ toolCalls }: WholeAnswer): string {
  return toolCalls.length === 0 ? 'end_turn' : 'tool_use';
}

/** What is no JSON stays the text. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
