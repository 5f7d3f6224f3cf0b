/**
 * Draws schedules and runs them until one violates an invariant, then makes that one as short as it can.
 */
import fc from 'fast-check';
import { runClusterSchedule } from './cluster-run.ts';
import { clusterSchedules } from './cluster-schedule.ts';
import { runSchedule, schedules } from './schedule.ts';

export interface SimulationOptions {
  readonly schedules: number;
  /** Two to so many nodes; with 1, a server that stands alone. @default 1 */
  readonly nodes?: number;
  /** @default a new one each time; it is printed. */
  readonly seed?: number;
  /** Replays one schedule of that seed. */
  readonly path?: string;
  /** Makes a failing schedule as short as it can. @default true */
  readonly shrink?: boolean;
}

export interface SimulationReport {
  readonly failed: boolean;
  readonly ran: number;
  readonly summary: string;
}

export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const began = performance.now();
  const { nodes = 1 } = options;
  let violations: readonly string[] = [];
  const isFine = (found: readonly string[]): boolean => {
    if (found.length > 0) violations = found;
    return found.length === 0;
  };
  const parameters = {
    numRuns: options.schedules,
    seed: options.seed ?? Date.now() % 2 ** 31,
    ...(options.path === undefined ? {} : { path: options.path }),
    endOnFailure: options.shrink === false,
  };
  const result = await (nodes === 1
    ? fc.check(
        fc.asyncProperty(schedules, async (schedule) => isFine(await runSchedule(schedule))),
        parameters,
      )
    : fc.check(
        fc.asyncProperty(clusterSchedules(nodes), async (one) => isFine(await runClusterSchedule(one))),
        parameters,
      ));
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  if (!result.failed) {
    const summary = `${result.numRuns} schedules in ${seconds} s, no violation (seed ${result.seed})`;
    return { failed: false, ran: result.numRuns, summary };
  }
  const summary = [
    `violated after ${result.numRuns} schedules (${result.numShrinks} times shortened, ${seconds} s):`,
    ...violations.map((violation) => `  ${violation}`),
    `schedule: ${JSON.stringify(result.counterexample?.[0])}`,
    `replay: npm run simulate --${nodes === 1 ? '' : ` --nodes ${nodes}`} --seed ${result.seed} --path ${result.counterexamplePath}`,
  ].join('\n');
  return { failed: true, ran: result.numRuns, summary };
}
