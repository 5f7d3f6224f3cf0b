/** Each rule of the design is tested: the simulation catches the code that lacks it. */
import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterMutants } from './cluster-mutants.ts';
import { mutants } from './mutants.ts';
import { type MutantReport, runMutant } from './run-mutant.ts';

const ALONE = { nodes: 1, schedules: 4_000, seed: 20_261_122 };
const SEVERAL = { nodes: 3, schedules: 6_000, seed: 20_261_126 };
const all = [
  ...clusterMutants.map((mutant) => ({ mutant, options: { ...SEVERAL, ...mutant.early } })),
  ...mutants.map((mutant) => ({ mutant, options: { ...ALONE, ...mutant.early } })),
];

describe('the simulation catches', () => {
  const reports = new Map<string, Promise<MutantReport>>();
  let running: Promise<void>[] = [];

  beforeAll(() => {
    const queue = [...all];
    const waiting = new Map(all.map(({ mutant }) => [mutant.name, Promise.withResolvers<MutantReport>()]));
    for (const [name, { promise }] of waiting) reports.set(name, promise);
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const report = waiting.get(next.mutant.name);
        await runMutant(next.mutant, next.options).then(report?.resolve, report?.reject);
      }
    };
    running = Array.from({ length: Math.min(2, availableParallelism()) }, worker);
  });
  afterAll(() => Promise.all(running), 300_000);

  it.for(all.map(({ mutant }) => mutant.name))('%s', { timeout: 300_000 }, async (name) => {
    const report = await reports.get(name);
    expect(report?.caught, report?.output).toBe(true);
  });
});
