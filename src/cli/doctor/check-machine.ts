/** The machine: Node.js, and the programs that commands need. */
import { spawn } from 'node:child_process';
import { broken, type Check, ok, warning } from './check.ts';

/** As `engines` in package.json says. */
const OLDEST = [22, 13] as const;
const TIMEOUT_MS = 10_000;

export function checkNode(version = process.versions.node, platform: string = process.platform): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const found = `Node.js ${version} on ${platform}`;
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    return broken('node', found, `Install Node.js ${OLDEST.join('.')} or newer: https://nodejs.org.`);
  }
  if (platform === 'linux' || platform === 'darwin') return ok('node', found);
  return broken('node', found, 'Convene runs on Linux and macOS; on Windows, in WSL.');
}

interface Tool {
  readonly name: string;
  readonly args: readonly string[];
  readonly isNeeded: boolean;
  readonly purpose: string;
}

const tools: readonly Tool[] = [
  { name: 'bash', args: ['--version'], isNeeded: true, purpose: 'agents run their commands in it' },
  // It has no flag that does nothing, on every system: without a name it ends with an error, which will do.
  { name: 'mkfifo', args: [], isNeeded: true, purpose: 'shells are talked to through its pipes' },
  { name: 'git', args: ['--version'], isNeeded: false, purpose: 'repositories are cloned with it' },
  {
    name: 'ps',
    args: ['-p', String(process.pid)],
    isNeeded: false,
    purpose: 'commands of agents often use it',
  },
];

/** `path`: where programs are looked for. */
export function checkTools(path = process.env['PATH'] ?? ''): Promise<Check[]> {
  return Promise.all(tools.map((tool) => checkTool(tool, path)));
}

async function checkTool({ args, isNeeded, name, purpose }: Tool, path: string): Promise<Check> {
  const answer = await ask(name, args, path);
  if (answer !== null) return ok(name, answer === '' ? 'found' : answer);
  const mend = `Install ${name}, or put it on the PATH: ${purpose}.`;
  return isNeeded ? broken(name, 'not found', mend) : warning(name, 'not found', mend);
}

/** The first line that it prints about its version; null where it can't be started. */
function ask(program: string, args: readonly string[], path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: { PATH: path, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: TIMEOUT_MS,
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    child.once('error', () => resolve(null));
    child.once('close', () => resolve(args.includes('--version') ? (text.split('\n')[0] ?? '') : ''));
  });
}
