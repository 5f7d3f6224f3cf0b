/**
 * Steps the agent: asks it for its next action, and appends what it answers. A step has no effects: it proposes, and may
 * be asked for again.
 *
 *   idle ──▶ under way ──▶ appending ──▶ idle    (an agent that answers at once is never seen under way)
 *
 * What must hold:
 *   - an answer is appended only where nothing has happened that the agent did not know of when it was asked;
 *   - no failure of an agent is lost: it is in the log, and where nobody has expected it, reported.
 */
import type { Clock } from '../clock.ts';
import { isRunnable } from '../events/kinds.ts';
import type { EventStreams } from '../stream/event-streams.ts';
import type { Agent, AgentAction, StepContext } from './agent.ts';
import { type Batch, decide, failed, type LoopLimits, propose } from './decide.ts';
import type { LiveText } from './live-text.ts';
import type { LoopLog } from './loop-log.ts';
import { type StepFailure, stepFailure } from './step-failure.ts';
import type { UnderWay } from './under-way.ts';
import { withAbort } from './with-abort.ts';

export interface StepperOptions {
  readonly sid: string;
  readonly agent: Agent;
  readonly limits: LoopLimits;
  readonly log: LoopLog;
  readonly streams: EventStreams;
  readonly clock: Clock;
  readonly underWay: UnderWay;
  readonly liveText: LiveText;
  readonly hasEnded: () => boolean;
  /** Whether the server is being shut down: then nothing begins any more, and the next owner asks the agent again. */
  readonly isStopping: () => boolean;
  readonly onError: (error: unknown, what: string) => void;
}

/** What a step came to. Null in place of it: it was aborted, and nothing is to be appended. */
type Answer =
  | { readonly proposed: AgentAction | null }
  | { readonly failure: StepFailure; readonly error: unknown };

export class Stepper {
  readonly #options: StepperOptions;

  constructor(options: StepperOptions) {
    this.#options = options;
  }

  async step(): Promise<void> {
    const { heard } = this.#options.log;
    await this.#take(await this.#ask(), heard);
  }

  /**
   * Appends a change to running together with the step that follows it. The agent is asked before the change is durable:
   * one that answers at once has its answer committed with it; one that takes its time is waited for while it commits.
   */
  async stepWith(change: Batch): Promise<void> {
    const { log, underWay } = this.#options;
    const { heard } = log;
    const answer = this.#ask();
    if (answer instanceof Promise) {
      const outcome = await log.append(change);
      // What came between is met at once: it may be a pause, and the agent does not know of it.
      if (outcome !== 'appended') underWay.abort('something came between');
      await this.#take(await answer, heard);
      return;
    }
    const own = this.#batchOf(answer);
    await log.append({
      events: [...change.events, ...own.events],
      ...(own.executing === undefined ? {} : { executing: own.executing + change.events.length }),
    });
  }

  /** A promise only where the agent answers with one; it never rejects. */
  #ask(): Answer | Promise<Answer | null> {
    const { agent, clock, liveText, underWay } = this.#options;
    const controller = underWay.begin();
    const { signal } = controller;
    const text = liveText.message();
    const done = (): void => {
      if (!signal.aborted && underWay.is(controller)) text.flush();
      underWay.finish(controller);
    };
    const stream = (piece: string): void => {
      if (underWay.is(controller)) text.push(piece);
    };
    try {
      const proposed = agent.step(this.#context(signal, stream));
      if (!(proposed instanceof Promise)) {
        done();
        return { proposed };
      }
      return withAbort(proposed, signal, clock)
        .then((action): Answer | null => (signal.aborted ? null : { proposed: action }))
        .catch((error: unknown): Answer | null =>
          signal.aborted ? null : { failure: stepFailure(error), error },
        )
        .finally(done);
    } catch (error) {
      done();
      return { failure: stepFailure(error), error };
    }
  }

  #context(signal: AbortSignal, stream: (text: string) => void): StepContext<unknown> {
    const { log, sid, streams } = this.#options;
    return {
      sid,
      state: log.state.agent,
      signal,
      history: async (after, limit) => (await streams.store.events({ sid, after, limit })).events,
      stream,
      notify: (id, message) => streams.publishFrame(sid, { type: 'status', level: 'info', id, message }),
    };
  }

  /** Appends the answer, unless something has happened since that the agent, which had heard up to `heard`, did not know of. */
  async #take(answer: Answer | null, heard: number): Promise<void> {
    const { hasEnded, isStopping, limits, log } = this.#options;
    if (answer === null || hasEnded() || heard !== log.heard) return;
    if (decide(log.state, limits).do !== 'step') return;
    const proposed = 'proposed' in answer ? answer.proposed : null;
    if (isStopping() && proposed !== null && isRunnable(proposed)) return;
    await log.append(this.#batchOf(answer));
  }

  /** What the answer becomes in the log. A failure is also told to whoever watches. */
  #batchOf(answer: Answer): Batch {
    const { agent, limits, log, onError, sid, streams } = this.#options;
    if ('proposed' in answer) return propose(log.state, limits, answer.proposed);
    const { failure, error } = answer;
    if (failure.unexpected) onError(error, `${agent.name} of ${sid}`);
    if (failure.status !== null) {
      const { status: id, message } = failure;
      streams.publishFrame(sid, { type: 'status', level: 'error', id, message });
    }
    return failed(failure.message, failure.errorId, failure.state);
  }
}
