/** Each rule of the PostgreSQL store is tested: the conformance suite catches the SQL that lacks it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, it } from 'vitest';
import { type MutantReport, mutantReportSchema } from './mutant-report.ts';
import { sqlMutants, unchanged } from './sql-mutants.ts';

/** All of them together, in ms. On a new machine PostgreSQL is installed first. */
const MOST = 600_000;

describe('the conformance suite', () => {
  const reports = new Map<string, MutantReport>();

  beforeAll(async () => {
    const run = spawn(process.execPath, [path.join(import.meta.dirname, 'run.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: MOST - 5_000,
    });
    const ended = once(run, 'close');
    for await (const line of createInterface({ input: run.stdout })) {
      if (!line.startsWith('{')) continue;
      const report = mutantReportSchema.parse(JSON.parse(line));
      reports.set(report.name, report);
    }
    expect(await ended).toEqual([0, null]);
  }, MOST);

  it('passes on the SQL as it is', () => {
    const report = reports.get(unchanged.name);
    expect(report).toMatchObject({ by: null, message: '' });
    expect(report?.passed).toBeGreaterThan(180);
  });

  it.for(sqlMutants)('catches: $name', ({ name }) => {
    const report = reports.get(name);
    expect(report?.by, `No test failed. ${report?.message}`).toEqual(expect.any(String));
    // Then it would have been no rule that was missing, but valid SQL.
    expect(report?.sqlState).not.toMatch(/^42/);
  });
});
