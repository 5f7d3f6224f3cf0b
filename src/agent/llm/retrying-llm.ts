/**
 * `RetryingLlm`: asks again where a failure may pass.
 *
 *   asking ──answered──▶ done
 *      ▲ └──passing failure──▶ waiting (doubled each time, with jitter, or as long as the provider says) ──▶ asking
 *      └──any other failure, or too many, or a wait that is too long──▶ failed
 */
import { type Clock, delay } from '../../clock.ts';
import type { Llm, LlmAnswer, LlmRequest } from './llm.ts';
import { LlmFailure } from './llm-failure.ts';

export interface RetryOptions {
  readonly clock: Clock;
  /** How often it is asked again. */
  readonly retries: number;
  /** The wait before the first retry, in ms: half of it is certain, the rest is left to chance. */
  readonly delayMs: number;
}

/** The longest wait, also where a provider wants a longer one: then it has failed. */
const LONGEST_MS = 60_000;

export class RetryingLlm implements Llm {
  readonly #llm: Llm;
  readonly #options: RetryOptions;

  constructor(llm: Llm, options: RetryOptions) {
    this.#llm = llm;
    this.#options = options;
  }

  get model(): string {
    return this.#llm.model;
  }

  async complete(request: LlmRequest): Promise<LlmAnswer> {
    const { clock, retries } = this.#options;
    for (let retry = 1; ; retry += 1) {
      try {
        return await this.#llm.complete(request);
      } catch (error) {
        if (!(error instanceof LlmFailure) || !error.passing || retry > retries) throw error;
        const waitMs = this.#waitMs(retry, error.retryAfterMs);
        if (waitMs > LONGEST_MS) throw error;
        const seconds = (waitMs / 1000).toFixed(waitMs < 10_000 ? 1 : 0);
        request.onRetry?.(`${error.message} Trying again in ${seconds} s (${retry} of ${retries}).`);
        await delay(clock, waitMs, request.signal);
      }
    }
  }

  #waitMs(retry: number, wantedMs: number | null): number {
    const { clock, delayMs } = this.#options;
    const doubled = Math.min(LONGEST_MS, delayMs * 2 ** (retry - 1));
    const chance = Number.parseInt(clock.id().slice(0, 8), 16) / 2 ** 32;
    return Math.max(wantedMs ?? 0, doubled * (0.5 + chance / 2));
  }
}
