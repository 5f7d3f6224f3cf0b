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

export interface MutantOptions {
  readonly schedules: number;
  readonly seed: number;
  readonly nodes: number;
}

export async function runMutant(mutant: Mutant, options: MutantOptions): Promise<MutantReport> {
  const folder = path.join(copies, `${mutant.name.replaceAll(/\W+/g, '-')}-${process.pid}`);
  await mkdir(folder, { recursive: true });
  try {
    await cp(path.join(root, 'src'), path.join(folder, 'src'), { recursive: true });
    await cp(import.meta.dirname, path.join(folder, 'test/simulation'), { recursive: true });
    await writeFile(path.join(folder, 'package.json'), '{"type":"module"}\n');
    for (const { by, file: name, replace } of [mutant, ...(mutant.also ?? [])]) {
      const file = path.join(folder, 'src', name);
      const text = await readFile(file, 'utf8');
      const places = text.split(replace).length - 1;
      if (places !== 1) throw new Error(`'${mutant.name}': ${name} has the text ${places} times, not once`);
      await writeFile(
        file,
        text.replace(replace, () => by),
      );
    }
    return await simulate(folder, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function simulate(folder: string, { nodes, schedules, seed }: MutantOptions): Promise<MutantReport> {
  const script = path.join(folder, 'test/simulation/run.ts');
  const numbers = Object.entries({ nodes, schedules, seed });
  const args = [script, '--no-shrink', ...numbers.flatMap(([name, value]) => [`--${name}`, String(value)])];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: 120_000 }, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`;
      resolve({ caught: error !== null && output.includes('violated after'), output });
    });
  });
}
