/** How late the event loop of this process is, as Node measures it. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** A timer of so many ms is what is measured: its lateness is the delay. */
const RESOLUTION_MS = 10;

export interface Delay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly samples: number;
}

export class LoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#histogram.enable();
  }

  /** In ms, since the last time that it was asked for. */
  take(): Delay {
    const ms = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    const histogram = this.#histogram;
    const taken = {
      p50: ms(histogram.percentile(50)),
      p99: ms(histogram.percentile(99)),
      max: ms(histogram.max),
      samples: histogram.count,
    };
    histogram.reset();
    return taken;
  }
}
