/** An agent of ten lines, in a conversation of its own. Run: `node ten-line-agent.ts` */
import { type Agent, say } from 'convene';
import { memoryManager } from 'convene/testing';
import { answerIn } from './answer-in.ts';

export const echo: Agent<string | null> = {
  name: 'EchoAgent',
  version: '1',
  initialState: () => null,
  fold(question, event) {
    if (!('action' in event) || event.action !== 'message') return question;
    return event.source === 'user' ? event.args.content : null;
  },
  step: ({ state }) => (state === null ? null : say(`You said: ${state}`)),
};

if (import.meta.main) {
  await using manager = await memoryManager({ agent: echo });
  const stream = await manager.maybeStartAgentLoop('demo', null, '', { content: 'Hello' });
  console.log(await answerIn(stream));
}
