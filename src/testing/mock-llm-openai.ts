/** Answers as OpenAI's `/v1/chat/completions` writes them. */
import type { MockFormat, WholeAnswer } from './mock-llm-reply.ts';

const failures = {
  wrong_key: [401, 'invalid_request_error', 'invalid_api_key', 'Incorrect API key provided.'],
  rate_limit: [429, 'requests', 'rate_limit_exceeded', 'Rate limit reached for requests.'],
  quota: [429, 'insufficient_quota', 'insufficient_quota', 'You exceeded your current quota.'],
  internal: [500, 'server_error', null, 'The server had an error while processing your request.'],
  unavailable: [503, 'server_error', null, 'The engine is currently overloaded.'],
  unknown_model: [404, 'invalid_request_error', 'model_not_found', 'The model does not exist.'],
  context_overflow: [
    400,
    'invalid_request_error',
    'context_length_exceeded',
    "This model's maximum context length is 8192 tokens.",
  ],
} as const;

export const openaiFormat: MockFormat = {
  whole: (answer, text) => ({
    id: 'chatcmpl-mock',
    object: 'chat.completion',
    created: 0,
    model: answer.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' ? null : text,
          ...(answer.toolCalls.length === 0 ? {} : { tool_calls: answer.toolCalls.map(toolCall) }),
        },
        finish_reason: finishReason(answer),
      },
    ],
    usage: usage(answer),
  }),
  begin: (answer) => frame(answer, { role: 'assistant', content: '' }),
  piece: (answer, text) => frame(answer, { content: text }),
  end(answer) {
    const calls = answer.toolCalls.flatMap((call, index) => {
      const { id, type, function: called } = toolCall(call);
      const half = Math.ceil(call.json.length / 2);
      return [
        { index, id, type, function: { name: called.name, arguments: call.json.slice(0, half) } },
        { index, function: { arguments: call.json.slice(half) } },
      ];
    });
    return [
      ...calls.map((call) => frame(answer, { tool_calls: [call] })),
      frame(answer, {}, finishReason(answer)),
      data({ ...head(answer), choices: [], usage: usage(answer) }),
      'data: [DONE]\n\n',
    ].join('');
  },
  failure(fault) {
    const [status, type, code, message] = failures[fault];
    return { status, body: { error: { message, type, param: null, code } } };
  },
};

function toolCall(call: WholeAnswer['toolCalls'][number]) {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: call.json } };
}

function head({ model }: WholeAnswer) {
  return { id: 'chatcmpl-mock', object: 'chat.completion.chunk', created: 0, model };
}

function frame(answer: WholeAnswer, delta: unknown, finish: string | null = null): string {
  return data({ ...head(answer), choices: [{ index: 0, delta, finish_reason: finish }] });
}

function data(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function finishReason({ toolCalls }: WholeAnswer): string {
  return toolCalls.length === 0 ? 'stop' : 'tool_calls';
}

function usage({ usage: { input, output } }: WholeAnswer) {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}
