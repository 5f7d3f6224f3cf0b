/** A provider of a language model, whose answers are tokens that say when they were sent. */
import { setTimeout as after } from 'node:timers/promises';
import { MockLlm, withoutTools } from '../../src/testing/mock-llm.ts';
import { answerCalls } from '../line.ts';

export interface ModelCalls {
  url(): string;
  /** The next answer has so many tokens, one every `everyMs`. */
  answer(call: { count: number; everyMs: number }): void;
}

const llm = await MockLlm.start([], { aside: withoutTools({ text: 'A benchmark' }) });

answerCalls<ModelCalls>(
  {
    url: () => llm.url,
    answer({ count, everyMs }) {
      llm.add(() => ({
        text: Array.from({ length: count }, (_, index) => [
          () => `${process.hrtime.bigint()} `,
          after((index + 1) * everyMs),
        ]).flat(),
      }));
    },
  },
  () => llm[Symbol.asyncDispose](),
);
