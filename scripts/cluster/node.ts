/** One node of a cluster on this machine: `convene serve` in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

const main = path.join(import.meta.dirname, '../../src/cli/main.ts');
const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 20_000;

export interface ClusterNodeOptions {
  readonly dataDir: string;
  readonly workspaceDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told each line that it logs. */
  readonly onLog: (line: string) => void;
}

export class ClusterNode {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly ended: Promise<number | null>;

  private constructor(port: number, child: ChildProcess, ended: Promise<number | null>) {
    this.port = port;
    this.#child = child;
    this.ended = ended;
  }

  /** Resolves when it takes work. */
  static async start({ dataDir, env, onLog, workspaceDir }: ClusterNodeOptions): Promise<ClusterNode> {
    const args = [main, 'serve', '--port', '0', '--data-dir', dataDir, '--workspace-dir', workspaceDir];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C in the terminal is for the parent, which then stops the nodes itself.
      detached: true,
    });
    const killWithParent = (): boolean => child.kill('SIGKILL');
    process.once('exit', killWithParent);
    const ended = new Promise<number | null>((resolve) => {
      child.once('close', (code) => {
        process.off('exit', killWithParent);
        resolve(code);
      });
      child.once('error', () => resolve(null));
    });
    let log = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (log + text).split('\n');
      log = lines.pop() ?? '';
      for (const line of lines) onLog(line);
    });
    const port = await new Promise<number | null>((resolve) => {
      let said = '';
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        const found = /listening on \S+:(\d+)/.exec(said)?.[1];
        if (found !== undefined) resolve(Number(found));
      });
      void ended.then(() => resolve(null));
    });
    if (port === null) throw new Error('A node did not start: see its log.');
    await ready(port);
    return new ClusterNode(port, child, ended);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** As an operator stops it; killed where it takes too long. */
  async stop(): Promise<void> {
    const timeout = setTimeout(() => this.#child.kill('SIGKILL'), STOP_WITHIN_MS);
    this.#child.kill('SIGTERM');
    await this.ended;
    clearTimeout(timeout);
  }
}

/** Who comes before it is ready waits: so one request is enough. */
async function ready(port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`, {
    signal: AbortSignal.timeout(READY_WITHIN_MS),
  });
  if (!response.ok) throw new Error(`A node is not ready: ${await response.text()}`);
}
