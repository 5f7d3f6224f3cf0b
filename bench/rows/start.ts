/** From starting the server to the line that says that it listens, and to the first request that it answers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Bench } from '../bench.ts';
import { interleaved, median } from '../measure.ts';
import type { Result } from '../result.ts';
import type { Row } from './row.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const commands = {
  'npm start': ['npm', 'start'],
  'node src/cli/main.ts': [process.execPath, 'src/cli/main.ts'],
} as const;
const END_MS = 10_000;

interface Start {
  /** Until the line was there. */
  readonly line: number;
  /** Until a request was answered. */
  readonly answer: number;
}

export const start: Row = {
  name: 'start',
  async measure(bench) {
    const results: Result[] = [];
    for (const [name, command] of Object.entries(commands)) {
      const starts: Start[] = [];
      const { lines } = await interleaved(bench.sizes.starts, {
        lines: async () => {
          const measured = await startOnce(bench, command);
          starts.push(measured);
          return [measured.line];
        },
      });
      results.push({
        what: `start: ${name}, to the printed line`,
        unit: 'ms',
        ours: median(lines),
        yardstick: null,
        target: { of: 'value', atMost: 500 },
        n: lines.length,
        note: `to the first answered request ${median(starts.slice(1).map(({ answer }) => answer)).toFixed(0)} ms`,
      });
    }
    const [bare] = await emptyStarts(bench);
    return [...results, ...(bare === undefined ? [] : [bare])];
  },
};

/** What Node alone takes. */
async function emptyStarts(bench: Bench): Promise<Result[]> {
  const { lines } = await interleaved(bench.sizes.starts, {
    lines: async () => {
      const begun = performance.now();
      const child = spawn(process.execPath, ['-e', 'console.log(1)'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      const ms = performance.now() - begun;
      await once(child, 'exit');
      return [ms];
    },
  });
  const what = 'start: Node alone, to a printed line';
  return [{ what, unit: 'ms', ours: median(lines), yardstick: null, target: null, n: lines.length }];
}

async function startOnce(bench: Bench, [command, ...args]: readonly [string, ...string[]]): Promise<Start> {
  const folder = await bench.folder();
  const begun = performance.now();
  const child = spawn(command, args, {
    cwd: root,
    // A group of its own: npm starts a shell, which starts the server.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CONVENE_PORT: '0', CONVENE_DATA_DIR: folder, CONVENE_LOG_LEVEL: 'warn' },
  });
  try {
    const url = await listening(child);
    const line = performance.now() - begun;
    await (await fetch(`${url}/healthz`)).arrayBuffer();
    return { line, answer: performance.now() - begun };
  } finally {
    await end(child);
  }
}

async function listening(child: ChildProcess): Promise<string> {
  let text = '';
  // npm complains of the user's settings there.
  child.stderr?.on('data', (chunk) => {
    text += String(chunk);
  });
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    const url = /listening on (\S+)\n/.exec(text)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`The server did not start: ${text}`);
}

/** Ends the process and what it started. */
async function end(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null) return;
  const ended = once(child, 'exit');
  process.kill(-pid, 'SIGTERM');
  const kill = setTimeout(() => process.kill(-pid, 'SIGKILL'), END_MS);
  await ended;
  clearTimeout(kill);
}
