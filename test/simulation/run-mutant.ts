/**
 * Runs the simulation on a copy of the sources in which one rule is taken out.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Mutant } from './mutants.ts';

export interface MutantReport {
  readonly caught: boolean;
  /** What the simulation printed. */
  readonly output: string;
}

const root = path.resolve(import.meta.dirname, '../..');
/** Beside node_modules, so that the copy finds its packages. */
const copies = path.join(root, '.mutants');

export async function runMutant(mutant: Mutant, schedules: number, seed: number): Promise<MutantReport> {
  const folder = path.join(copies, `${mutant.name.replaceAll(/\W+/g, '-')}-${process.pid}`);
  await mkdir(folder, { recursive: true });
  try {
    await cp(path.join(root, 'src'), path.join(folder, 'src'), { recursive: true });
    await cp(import.meta.dirname, path.join(folder, 'test/simulation'), { recursive: true });
    await writeFile(path.join(folder, 'package.json'), '{"type":"module"}\n');
    const file = path.join(folder, 'src', mutant.file);
    const text = await readFile(file, 'utf8');
    const places = text.split(mutant.replace).length - 1;
    if (places !== 1)
      throw new Error(`'${mutant.name}': ${mutant.file} has the text ${places} times, not once`);
    await writeFile(
      file,
      text.replace(mutant.replace, () => mutant.by),
    );
    return await simulate(folder, schedules, seed);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function simulate(folder: string, schedules: number, seed: number): Promise<MutantReport> {
  const script = path.join(folder, 'test/simulation/run.ts');
  const args = [script, '--no-shrink', '--schedules', String(schedules), '--seed', String(seed)];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: 120_000 }, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`;
      resolve({ caught: error !== null && output.includes('violated after'), output });
    });
  });
}
