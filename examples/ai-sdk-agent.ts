/**
 * An agent of your own that asks a model by the AI SDK, and a stand-in for the model. Run: `node ai-sdk-agent.ts`
 * For a real one, give `createOpenAICompatible` its address and key.
 */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { type LanguageModel, type ModelMessage, streamText } from 'ai';
import { type Agent, say } from 'convene';
import { MockLlm, memoryManager } from 'convene/testing';
import { answerIn } from './answer-in.ts';

/** Its state is what was said. */
export function chatAgent(model: LanguageModel): Agent<ModelMessage[]> {
  return {
    name: 'ChatAgent',
    version: '1',
    initialState: () => [],
    fold(said, event) {
      if ('action' in event && event.action === 'message') {
        said.push({ role: event.source === 'user' ? 'user' : 'assistant', content: event.args.content });
      }
      return said;
    },
    async step({ signal, state, stream }) {
      if (state.at(-1)?.role !== 'user') return null;
      const answer = streamText({ model, messages: state, abortSignal: signal });
      for await (const text of answer.textStream) stream(text);
      return say(await answer.text);
    },
  };
}

if (import.meta.main) {
  await using llm = await MockLlm.start([{ text: ['Hello ', 'from ', 'the model.'] }]);
  const provider = createOpenAICompatible({ name: 'mock', baseURL: llm.url, apiKey: 'none' });
  await using manager = await memoryManager({ agent: chatAgent(provider('mock')) });
  const stream = await manager.maybeStartAgentLoop('demo', null, '', { content: 'Hello?' });
  console.log(await answerIn(stream));
}
