/** Each rule of the design is tested: the simulation catches the code that lacks it. */
import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutants } from './mutants.ts';
import { type MutantReport, runMutant } from './run-mutant.ts';

const SCHEDULES = 4_000;
const SEED = 20_261_122;

describe('the simulation catches', () => {
  const reports = new Map<string, Promise<MutantReport>>();
  let running: Promise<void>[] = [];

  beforeAll(() => {
    const queue = [...mutants];
    const waiting = new Map(mutants.map((mutant) => [mutant.name, Promise.withResolvers<MutantReport>()]));
    for (const [name, { promise }] of waiting) reports.set(name, promise);
    const worker = async (): Promise<void> => {
      for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
        const report = waiting.get(mutant.name);
        await runMutant(mutant, SCHEDULES, SEED).then(report?.resolve, report?.reject);
      }
    };
    running = Array.from({ length: Math.min(2, availableParallelism()) }, worker);
  });
  afterAll(async () => {
    await Promise.all(running);
  });

  it.for(mutants.map(({ name }) => name))('%s', { timeout: 300_000 }, async (name) => {
    const report = await reports.get(name);
    expect(report?.caught, report?.output).toBe(true);
  });
});
