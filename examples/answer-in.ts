/** Part of the other examples: waits for what an agent says. */
import type { EventStream } from 'convene';

const ANSWER_MS = 10_000;

/** The first message of the agent. Rejects where none comes within ten seconds. */
export async function answerIn(stream: EventStream): Promise<string> {
  const answer = Promise.withResolvers<string>();
  const timer = setTimeout(() => answer.reject(new Error('The agent does not answer.')), ANSWER_MS);
  const reader = await stream.follow(-1, {
    deliver(event) {
      const isAnswer = 'action' in event && event.action === 'message' && event.source === 'agent';
      if (isAnswer) answer.resolve(event.args.content);
      return true;
    },
  });
  try {
    return await answer.promise;
  } finally {
    clearTimeout(timer);
    reader.close();
  }
}
