/**
 * Carries out actions that are durable, in the conversation's runtime, and answers each with one observation.
 *
 *   closed ──the first action──▶ open ──dispose──▶ disposed of, with all that its commands have started
 *
 * What must hold: an action is named in the store as the one under way before it begins; right before it begins, the
 * lease is held, and nothing is known that stops it.
 */
import type { Clock } from '../clock.ts';
import type { Membership } from '../cluster/membership.ts';
import { ConveneError } from '../errors.ts';
import type { RunnableAction } from '../events/actions.ts';
import { errorObservation, type Observation } from '../events/observations.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { interruption, whyInterrupted } from './decide.ts';
import type { LiveText } from './live-text.ts';
import type { LoopLog } from './loop-log.ts';
import type { LoopEnd, LoopWriter } from './loop-writer.ts';
import type { UnderWay } from './under-way.ts';
import { withAbort } from './with-abort.ts';

export interface ActionRunnerOptions {
  readonly sid: string;
  readonly log: LoopLog;
  readonly writer: LoopWriter;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly underWay: UnderWay;
  readonly liveText: LiveText;
  readonly openRuntime: () => Promise<Runtime>;
  readonly hasEnded: () => boolean;
  readonly end: (end: LoopEnd) => void;
  readonly onError: (error: unknown, what: string) => void;
}

export class ActionRunner implements AsyncDisposable {
  readonly #options: ActionRunnerOptions;
  #runtime: Promise<Runtime> | null = null;

  constructor(options: ActionRunnerOptions) {
    this.#options = options;
  }

  /** `own`: a user's, which is not named as under way yet. */
  async execute(id: number, action: RunnableAction, own: boolean): Promise<void> {
    const { hasEnded, log, writer } = this.#options;
    const source = own ? 'user' : 'agent';
    if (own && !(await writer.markExecuting(id))) return;
    const stopped = interruption(log.state);
    if (stopped !== null) {
      await log.answer(id, source, errorObservation(`Not carried out: ${whyInterrupted(stopped)}.`));
      return;
    }
    const observation = await this.#carryOut(id, action, source);
    if (!hasEnded()) await log.answer(id, source, observation);
  }

  /** A pause or a stop also ends what was left running when its time was over. */
  async halt(): Promise<void> {
    try {
      await (await this.#runtime)?.interrupt();
    } catch (error) {
      this.#report(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await (await this.#runtime)?.[Symbol.asyncDispose]();
    } catch (error) {
      this.#report(error);
    }
  }

  /** Never rejects: a failure, and an interruption, are observations too. */
  async #carryOut(id: number, action: RunnableAction, source: 'agent' | 'user'): Promise<Observation> {
    const { clock, end, liveText, membership, underWay } = this.#options;
    const controller = underWay.begin();
    const { signal } = controller;
    const output = liveText.output(id);
    try {
      const execute = async (): Promise<Observation> => {
        const runtime = await this.#open();
        // Not before: to open it may have taken longer than the lease lasts. The end of the loop aborts this.
        if (!(await membership.mayAct())) end('lease lost');
        signal.throwIfAborted();
        return runtime.execute(action, { source, signal, onOutput: (text) => output.push(text) });
      };
      const observation = await withAbort(execute(), signal, clock);
      output.flush();
      return signal.aborted ? interrupted(signal, observation) : observation;
    } catch (error) {
      if (signal.aborted) return interrupted(signal);
      if (!(error instanceof ConveneError)) this.#report(error);
      return errorObservation(error instanceof Error ? error.message : String(error), 'AGENT_ERROR$RUNTIME');
    } finally {
      underWay.finish(controller);
    }
  }

  /** One that could not be opened is opened again for the next action. */
  async #open(): Promise<Runtime> {
    this.#runtime ??= this.#options.openRuntime();
    try {
      return await this.#runtime;
    } catch (error) {
      this.#runtime = null;
      throw error;
    }
  }

  #report(error: unknown): void {
    this.#options.onError(error, `runtime of ${this.#options.sid}`);
  }
}

function interrupted(signal: AbortSignal, observation?: Observation): Observation {
  const reason = signal.reason instanceof Error ? signal.reason.message : 'it was aborted';
  const output = observation?.observation === 'run' ? observation.content : '';
  const shown = output === '' ? '' : `\n\nOutput until then:\n${output}`;
  return errorObservation(`Interrupted: ${reason}.${shown}`, 'AGENT_ERROR$INTERRUPTED');
}
