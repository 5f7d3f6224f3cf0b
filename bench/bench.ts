/**
 * What the rows share: temporary folders, one real server on seeded data, a cluster, the yardsticks, the clients. Each is
 * started when a row first asks for it; all of it ends with the benchmark.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Child, type ChildOptions } from './child.ts';
import { BenchCluster } from './cluster/bench-cluster.ts';
import type { BareCalls } from './processes/bare.ts';
import type { ClientsCalls } from './processes/clients.ts';
import type { ClusterNodeCalls } from './processes/cluster-node.ts';
import type { IdleCalls } from './processes/idle.ts';
import type { Delay } from './processes/loop-delay.ts';
import type { ModelCalls } from './processes/model.ts';
import type { ServerCalls } from './processes/server.ts';
import { seed } from './seed.ts';
import type { Sizes } from './sizes.ts';

export interface BenchOptions {
  readonly sizes: Sizes;
  /** CPU profiles of all children go there. */
  readonly profileTo: string | null;
  readonly log: (line: string) => void;
}

export interface Server {
  readonly calls: Child<ServerCalls>;
  readonly url: string;
}

/** How late event loops were while a row was measured. */
export interface NotedDelay {
  readonly during: string;
  readonly server: Delay;
  /** A process that did nothing meanwhile. */
  readonly idle: Delay;
}

export class Bench implements AsyncDisposable {
  readonly sizes: Sizes;
  readonly log: (line: string) => void;
  readonly delays: NotedDelay[] = [];
  readonly #profileTo: string | null;
  readonly #stack = new AsyncDisposableStack();
  #data: Promise<string> | null = null;
  #server: Promise<Server> | null = null;
  #bare: Promise<Child<BareCalls>> | null = null;
  #clients: Promise<Child<ClientsCalls>> | null = null;
  #idle: Promise<Child<IdleCalls>> | null = null;
  #model: Promise<Child<ModelCalls>> | null = null;
  #cluster: Promise<BenchCluster> | null = null;

  constructor({ log, profileTo, sizes }: BenchOptions) {
    this.sizes = sizes;
    this.log = log;
    this.#profileTo = profileTo;
  }

  /** A folder that is removed at the end. */
  async folder(): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'convene-bench-'));
    this.#stack.defer(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }

  /** A child process that ends with the benchmark, if not before. */
  async child<Calls>(name: string, options: ChildOptions = {}): Promise<Child<Calls>> {
    const profiling = this.#profileTo === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${this.#profileTo}`];
    const flags = [...profiling, ...(options.flags ?? [])];
    return this.#stack.use(await Child.start<Calls>(name, { ...options, flags }));
  }

  /** The folder of the seeded data. */
  data(): Promise<string> {
    this.#data ??= this.#seed();
    return this.#data;
  }

  /** The server on the seeded data. */
  server(): Promise<Server> {
    this.#server ??= this.serve();
    return this.#server;
  }

  /** Another server on the seeded data: only one at a time can run. */
  async serve(options: ChildOptions = {}): Promise<Server> {
    const calls = await this.child<ServerCalls>('server', { ...options, args: [await this.data()] });
    return { calls, url: await calls.call('url') };
  }

  /** Ends the server, so that another one can open its data. */
  async endServer(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    await (await server)?.calls[Symbol.asyncDispose]();
  }

  bare(): Promise<Child<BareCalls>> {
    this.#bare ??= this.folder().then((folder) => this.child('bare', { args: [folder] }));
    return this.#bare;
  }

  clients(): Promise<Child<ClientsCalls>> {
    this.#clients ??= this.child('clients');
    return this.#clients;
  }

  model(): Promise<Child<ModelCalls>> {
    this.#model ??= this.child('model');
    return this.#model;
  }

  idle(): Promise<Child<IdleCalls>> {
    this.#idle ??= this.child('idle');
    return this.#idle;
  }

  cluster(): Promise<BenchCluster> {
    this.#cluster ??= this.#startCluster();
    return this.#cluster;
  }

  /** A node that is measured from within, on a database of its own. `quickly`: whose commits don't wait for the disk. */
  async clusterNode(quickly = false): Promise<Child<ClusterNodeCalls>> {
    const { postgres, redis } = (await this.cluster()).cluster;
    const database = await postgres.createDatabase({ synchronous_commit: quickly ? 'off' : 'on' });
    return this.child('cluster-node', { args: [database, redis.url, await this.folder()] });
  }

  /** Forgets how late the event loops were until now. */
  async resetDelay({ calls }: Server): Promise<void> {
    await Promise.all([calls.call('delay'), (await this.idle()).call('delay')]);
  }

  /** Notes how late the event loops were since `resetDelay`. */
  async noteDelay({ calls }: Server, during: string): Promise<NotedDelay> {
    const [server, idle] = await Promise.all([calls.call('delay'), (await this.idle()).call('delay')]);
    const noted = { during, server, idle };
    this.delays.push(noted);
    return noted;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  async #startCluster(): Promise<BenchCluster> {
    return this.#stack.use(await BenchCluster.start());
  }

  async #seed(): Promise<string> {
    const folder = await this.folder();
    const { conversations, events } = this.sizes;
    this.log(
      `seeding: ${conversations.toLocaleString('en-US')} conversations, one of ${events.toLocaleString('en-US')} events`,
    );
    const { appendMs, indexMs } = await seed(folder, this.sizes);
    this.log(
      `seeded in ${Math.round(appendMs)} ms; the search index was ready ${Math.round(indexMs)} ms later`,
    );
    return folder;
  }
}
