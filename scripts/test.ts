/**
 * `npm test`: the static checks (every `check:*` script of package.json), then all tests. Each check counts as one.
 * The last line is `N passed, N failed`; the exit code is 0 only where nothing failed. With `--static`: the checks
 * alone.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { z } from 'zod';

const root = join(import.meta.dirname, '..');

interface Tally {
  passed: number;
  /** What failed, a line each. */
  readonly failures: string[];
}

/** What this reads of the report of Vitest's JSON reporter. */
const reportSchema = z.object({
  numPassedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

async function runChecks(tally: Tally): Promise<void> {
  const checks = await staticChecks();
  const ends = await Promise.all(checks.map(([, command]) => run(command, 'captured')));
  for (const [index, [name, command]] of checks.entries()) {
    const { code = 1, output = '' } = ends[index] ?? {};
    // Dependency-cruiser finds no fault with modules that it cannot read.
    const idle = /\b0 modules\b/.test(output);
    if (code === 0 && !idle) {
      tally.passed += 1;
      console.log(`ok      ${name} (${command})`);
    } else {
      tally.failures.push(name);
      console.log(`FAILED  ${name} (${command})\n${output.trimEnd()}\n`);
    }
  }
}

async function staticChecks(): Promise<[name: string, command: string][]> {
  const schema = z.object({ scripts: z.record(z.string(), z.string()) });
  const { scripts } = schema.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  return Object.entries(scripts).filter(([name]) => name.startsWith('check:'));
}

async function runTests(tally: Tally): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'convene-test-'));
  try {
    const file = join(folder, 'report.json');
    const command = `vitest run --reporter=default --reporter=json --outputFile.json="${file}"`;
    const { code } = await run(command, 'shown');
    const before = tally.failures.length;
    await count(file, tally);
    // Something outside of the tests failed, such as a promise that nobody waited for.
    if (code !== 0 && tally.failures.length === before) tally.failures.push(`vitest ended with ${code}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function count(reportFile: string, tally: Tally): Promise<void> {
  let text: string;
  try {
    text = await readFile(reportFile, 'utf8');
  } catch (error) {
    tally.failures.push(`vitest wrote no report: ${error}`);
    return;
  }
  const report = reportSchema.parse(JSON.parse(text));
  tally.passed += report.numPassedTests;
  for (const { assertionResults, message, name, status } of report.testResults) {
    const file = relative(root, name);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    tally.failures.push(...failed.map((test) => `${file}: ${test.fullName}`));
    if (status === 'failed' && failed.length === 0) tally.failures.push(`${file}: ${message}`);
  }
  const skipped = report.numPendingTests + report.numTodoTests;
  if (skipped > 0) console.log(`${skipped} skipped`);
}

/** Runs a command line as npm would. */
function run(command: string, output: 'captured' | 'shown'): Promise<{ code: number; output: string }> {
  const stdio = output === 'shown' ? 'inherit' : 'pipe';
  return new Promise((resolve, reject) => {
    const child = spawn(command, {
      cwd: root,
      shell: true,
      stdio: ['ignore', stdio, stdio],
      env: {
        ...process.env,
        PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
      },
    });
    const chunks: Buffer[] = [];
    const keep = (chunk: Buffer): void => void chunks.push(chunk);
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal !== null) console.log(`${command} was ended by ${signal}`);
      resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') });
    });
  });
}

const tally: Tally = { passed: 0, failures: [] };
await runChecks(tally);
if (!process.argv.includes('--static')) await runTests(tally);

const { failures, passed } = tally;
if (failures.length > 0) console.log(`\nFailed:\n${failures.map((failure) => `  ${failure}`).join('\n')}\n`);
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length > 0 ? 1 : 0;
