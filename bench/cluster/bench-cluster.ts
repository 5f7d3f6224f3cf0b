/**
 * The cluster that is measured: a durable PostgreSQL, a Redis, and two nodes that stay. It is handed out once deaths
 * count: for one lease after its start, the database's word on locks is not trusted.
 */
import { ReleaseStack } from '../../src/release-stack.ts';
import { Cluster } from '../../test/cluster/cluster.ts';
import type { ServerProcess } from '../../test/standalone/harness/server-process.ts';
import { until } from '../../test/standalone/harness/until.ts';
import { ClusterLog } from './cluster-log.ts';

/** The default, which the nodes have. */
export const LEASE_MS = 6_000;

const ATTEMPTS = 10;

interface Parts {
  readonly cluster: Cluster;
  readonly left: ServerProcess;
  readonly right: ServerProcess;
  readonly log: ClusterLog;
}

export class BenchCluster implements AsyncDisposable {
  readonly cluster: Cluster;
  /** The nodes that stay. */
  readonly left: ServerProcess;
  readonly right: ServerProcess;
  /** What the nodes have written, as the database has it. */
  readonly log: ClusterLog;
  readonly #stack: ReleaseStack;

  private constructor({ cluster, left, log, right }: Parts, stack: ReleaseStack) {
    this.cluster = cluster;
    this.left = left;
    this.right = right;
    this.log = log;
    this.#stack = stack;
  }

  static async start(): Promise<BenchCluster> {
    await using stack = new ReleaseStack();
    const cluster = stack.use(await Cluster.start());
    const [left, right] = [await cluster.node(), await cluster.node()];
    const log = stack.use(new ClusterLog(cluster.databaseUrl));
    await cluster.settled(LEASE_MS);
    return new BenchCluster({ cluster, left, right, log }, stack.move());
  }

  /**
   * A conversation whose agent works on `node` on these commands: the first one has begun. Between its creation and the
   * claim of its node another one may have claimed it, which looks for what should run: then there is another attempt.
   */
  async working(node: ServerProcess, commands: readonly string[]): Promise<string> {
    const lines = commands.map((command) => `$ ${command}`);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const sid = await node.api.create({ initial_user_msg: lines.join('\n') });
      const [first] = commands;
      await until(`"${first}" has begun`, async () => (await this.log.commands(sid))[0]?.command === first);
      if ((await this.log.owner(sid)) === (await this.log.incarnation(node.url))) return sid;
      await this.close(sid);
    }
    throw new Error('Other nodes claim whatever this one creates.');
  }

  /** Stops its agent: it is in nobody's way any more. */
  async close(sid: string): Promise<void> {
    const { status } = await this.left.api.post(`/api/conversations/${sid}/stop`, {});
    if (status !== 200) throw new Error(`${sid} was not closed: ${status}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack[Symbol.asyncDispose]();
  }
}
