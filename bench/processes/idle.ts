/** Does nothing, and measures how late its event loop is: what this machine does to any process. */
import { answerCalls } from '../line.ts';
import { type Delay, LoopDelay } from './loop-delay.ts';

export interface IdleCalls {
  /** Since the last call. */
  delay(): Delay;
}

const delay = new LoopDelay();

answerCalls<IdleCalls>({ delay: () => delay.take() });
