/** Our messages as the AI SDK's language models take them. */
import type {
  LanguageModelV3FilePart,
  LanguageModelV3Message,
  LanguageModelV3Prompt,
} from '@ai-sdk/provider';
import type { LlmMessage, LlmRequest } from './llm.ts';

/** `caches`: the provider is told up to where it may keep the prompt for the next request. */
export function sdkPrompt({ messages, system }: LlmRequest, caches: boolean): LanguageModelV3Prompt {
  const last = messages.length - 1;
  return [
    cached({ role: 'system', content: system }, caches),
    ...messages.map((message, index) => cached(sdkMessage(message), caches && index === last)),
  ];
}

function cached(message: LanguageModelV3Message, caches: boolean): LanguageModelV3Message {
  return caches
    ? { ...message, providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' } } } }
    : message;
}

function sdkMessage(message: LlmMessage): LanguageModelV3Message {
  switch (message.role) {
    case 'user': {
      const images = (message.images ?? []).flatMap((url) => image(url) ?? []);
      const text = message.text === '' && images.length > 0 ? [] : [message.text || '(no text)'];
      return {
        role: 'user',
        content: [...text.map((one) => ({ type: 'text' as const, text: one })), ...images],
      };
    }
    case 'assistant': {
      const calls = (message.calls ?? []).map(({ id, input, metadata, name }) => ({
        type: 'tool-call' as const,
        toolCallId: id,
        toolName: name,
        input,
        ...(metadata === undefined ? {} : { providerOptions: metadata }),
      }));
      const text = message.text === '' ? [] : [{ type: 'text' as const, text: message.text }];
      return { role: 'assistant', content: [...text, ...calls] };
    }
    case 'tool': {
      const { callId: toolCallId, name: toolName, text } = message;
      const output = { type: 'text' as const, value: text || '(no output)' };
      return { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output }] };
    }
  }
}

/** Null where it is neither a data URL of an image nor an address. */
function image(url: string): LanguageModelV3FilePart | null {
  const [, mediaType, data] = /^data:(image\/[\w.+-]+);base64,(.+)$/s.exec(url) ?? [];
  if (mediaType !== undefined && data !== undefined) return { type: 'file', mediaType, data };
  return /^https?:/.test(url) && URL.canParse(url)
    ? { type: 'file', mediaType: 'image/*', data: new URL(url) }
    : null;
}
