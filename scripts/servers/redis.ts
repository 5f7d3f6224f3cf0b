/** A private Redis for tests, benchmarks and `npm run cluster`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from 'redis';
import { programOf } from './binaries.ts';
import { freePort, ServerProcess, started } from './server-process.ts';

export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly #folder: string;
  readonly #process: ServerProcess;

  private constructor(port: number, url: string, folder: string, process: ServerProcess) {
    this.port = port;
    this.url = url;
    this.#folder = folder;
    this.#process = process;
  }

  static async start(): Promise<RedisServer> {
    const command = await programOf('redis-server', 'redis-server');
    const folder = await mkdtemp(path.join(tmpdir(), 'convene-redis-'));
    const port = await freePort();
    const url = `redis://127.0.0.1:${port}`;
    const process = new ServerProcess({
      command,
      args: [
        '--port',
        String(port),
        '--bind',
        '127.0.0.1',
        '--save',
        '',
        '--appendonly',
        'no',
        '--dir',
        folder,
      ],
      cwd: folder,
      isReady: () => ask(url, ['PING']),
    });
    return started(new RedisServer(port, url, folder, process), process);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** It keeps nothing: after the next start it is empty. */
  stop(): Promise<void> {
    return this.#process.end('SIGTERM');
  }

  start(): Promise<void> {
    return this.#process.start();
  }

  /** It answers nothing until `resume`; its connections stay. */
  pause(): void {
    this.#process.signal('SIGSTOP');
  }

  resume(): void {
    this.#process.signal('SIGCONT');
  }

  async flush(): Promise<void> {
    await ask(this.url, ['FLUSHALL']);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.end('SIGTERM');
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function ask(url: string, command: readonly string[]): Promise<void> {
  const client = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: 5_000 } });
  client.on('error', () => {}); // the command below fails too
  await client.connect();
  try {
    await client.sendCommand(command);
  } finally {
    client.destroy();
  }
}
