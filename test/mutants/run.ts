/**
 * Runs for each mutant of the SQL the tests that must catch it, all on one PostgreSQL, and prints a line of JSON for
 * each: see `mutant-report.ts`. Arguments choose mutants by name.
 *
 * A mutant is a copy of `src/store/postgres` in which one text is replaced, with a test file of its own.
 */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startVitest, type TestModule } from 'vitest/node';
import { testDatabases } from '../fixtures/test-servers.ts';
import type { MutantReport } from './mutant-report.ts';
import type { SqlMutant } from './sql-mutant.ts';
import { sqlMutants, unchanged } from './sql-mutants.ts';

const root = path.resolve(import.meta.dirname, '../..');
/** Beside node_modules, so that the copies find their packages. */
const folder = path.join(root, '.mutants', `sql-${process.pid}`);
const storeFolder = path.join(root, 'src/store/postgres');

/** Answers with the mutant's test file. */
async function writeMutant(
  { by, file, name, options = {}, replace, test }: SqlMutant,
  copy: string,
): Promise<string> {
  await cp(storeFolder, copy, { recursive: true });
  const mutated = path.join(copy, file);
  const text = await readFile(mutated, 'utf8');
  const places = text.split(replace).length - 1;
  if (places !== 1) throw new Error(`'${name}': ${file} has the text ${places} times, not once`);
  await writeFile(
    mutated,
    text.replace(replace, () => by),
  );
  for (const module of await readdir(copy)) {
    const source = await readFile(path.join(copy, module), 'utf8');
    await writeFile(path.join(copy, module), source.replaceAll(" from '../", ` from '${root}/src/store/`));
  }
  const testFile = path.join(copy, 'mutant.test.ts');
  await writeFile(
    testFile,
    `import { mutantConformance } from '${import.meta.dirname}/mutant-conformance.ts';
import { PostgresEventStore } from './postgres-event-store.ts';
mutantConformance(PostgresEventStore, ${JSON.stringify(test)}, ${JSON.stringify(options)});
`,
  );
  return testFile;
}

function reportOf(name: string, module: TestModule): MutantReport {
  const failed = module.children.allTests('failed').next().value;
  const error = failed?.result().errors?.[0];
  // Of the server's own errors: a mutant whose SQL is none tests nothing.
  const sqlState = String(Object(error?.['cause'])['code'] ?? '');
  // Of hooks too: they are no tests, and catch nothing.
  const others = [...module.errors(), ...[...module.children.allSuites()].flatMap((suite) => suite.errors())];
  return {
    name,
    passed: [...module.children.allTests('passed')].length,
    by: failed?.fullName ?? null,
    sqlState,
    message: error?.message ?? others.map(({ message }) => message).join('\n'),
  };
}

async function runTests(names: ReadonlyMap<string, string>): Promise<void> {
  const vitest = await startVitest('test', [], {
    config: false,
    root,
    dir: folder,
    include: ['**/mutant.test.ts'],
    watch: false,
    pool: 'forks',
    maxWorkers: 2,
    // The files share the modules that they import: each costs no more than its tests.
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: [
      {
        onTestModuleEnd(module) {
          const report = reportOf(names.get(module.moduleId) ?? module.moduleId, module);
          console.log(JSON.stringify(report));
        },
      },
    ],
  });
  await vitest.close();
}

const chosen = process.argv.slice(2);
const all = [unchanged, ...sqlMutants];
const mutants = chosen.length === 0 ? all : all.filter(({ name }) => chosen.includes(name));

await mkdir(folder, { recursive: true });
try {
  const names = new Map<string, string>();
  for (const [index, mutant] of mutants.entries()) {
    names.set(await writeMutant(mutant, path.join(folder, String(index))), mutant.name);
  }
  await using databases = await testDatabases();
  process.env['DATABASE_URL'] = await databases.create();
  await runTests(names);
} finally {
  await rm(folder, { recursive: true, force: true });
}
// Tests that fail are what this is for.
process.exitCode = 0;
