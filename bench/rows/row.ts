/** A subject of the benchmark. */
import type { Bench } from '../bench.ts';
import type { Result } from '../result.ts';

export interface Row {
  /** As `--only` names it. */
  readonly name: string;
  measure(bench: Bench): Promise<Result[]>;
}
