/**
 * One place for a node of a cluster under chaos: whichever process runs there reaches PostgreSQL and Redis over links of
 * its own, which can be cut and held.
 *
 *   empty ──start()──▶ running ⇄ paused ; running, paused ──kill()──▶ empty ; running ──stop()──▶ empty
 */
import { Link } from '../../fixtures/link.ts';
import { ServerProcess } from '../../standalone/harness/server-process.ts';
import { until } from '../../standalone/harness/until.ts';

export interface ChaosNodeOptions {
  readonly number: number;
  readonly dataDir: string;
  readonly workspaceDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

export class ChaosNode implements AsyncDisposable {
  readonly number: number;
  readonly database: Link;
  readonly redis: Link;
  readonly #options: ChaosNodeOptions;
  #process: ServerProcess | null = null;
  /** What processes that have ended told as their last words. */
  readonly lastWords: string[] = [];

  private constructor(options: ChaosNodeOptions, database: Link, redis: Link) {
    this.number = options.number;
    this.#options = options;
    this.database = database;
    this.redis = redis;
  }

  static async make(options: ChaosNodeOptions): Promise<ChaosNode> {
    return new ChaosNode(options, await Link.to(options.databaseUrl), await Link.to(options.redisUrl));
  }

  /** Resolves when it takes work. */
  async start(): Promise<void> {
    const { dataDir, env, workspaceDir } = this.#options;
    this.#process = await ServerProcess.start({
      dataDir,
      args: ['--workspace-dir', workspaceDir],
      env: { ...env, DATABASE_URL: this.database.url, REDIS_URL: this.redis.url },
    });
    await until(`node ${this.number} is ready`, () => this.#isReady(), { timeoutMs: 30_000, everyMs: 20 });
  }

  get runs(): boolean {
    return this.#process !== null;
  }

  /** Null where nothing runs. */
  get port(): number | null {
    return this.#process?.port ?? null;
  }

  get process(): ServerProcess {
    if (this.#process === null) throw new Error(`Node ${this.number} does not run.`);
    return this.#process;
  }

  async kill(): Promise<void> {
    const { process } = this;
    this.#process = null;
    await process.kill();
    this.#note(process);
  }

  /** As an operator does it. Answers the exit code. */
  async stop(): Promise<number | null> {
    const { process } = this;
    this.#process = null;
    const { code } = await process.stop();
    this.#note(process);
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process !== null) {
      this.#process.signal('SIGCONT');
      await this.kill();
    }
    await this.database[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
  }

  async #isReady(): Promise<boolean> {
    const response = await fetch(`${this.process.url}/readyz`).catch(() => null);
    return response?.ok === true;
  }

  /** A process that ended in a state that nobody foresaw says so at the level "fatal". */
  #note({ stderr }: ServerProcess): void {
    const fatal = stderr.split('\n').filter((line) => line.includes('"level":60'));
    this.lastWords.push(...fatal.map((line) => `node ${this.number}: ${line}`));
  }
}
