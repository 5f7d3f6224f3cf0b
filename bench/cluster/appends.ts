/**
 * Durable appends of one node, pipelined, against inserts of the same rows in commits of the same sizes by one connection:
 * the same table with the same keys, in another database of the same PostgreSQL. Neither has a search index.
 */
import type { ClusterAppenderCalls } from '../processes/cluster-appender.ts';
import { measureAppends } from '../rows/appends.ts';
import type { Row } from '../rows/row.ts';

const CONVERSATIONS = 500;

export const clusterAppends: Row = {
  name: 'appends',
  async measure(bench) {
    const { postgres } = (await bench.cluster()).cluster;
    const args = [await postgres.createDatabase(), await postgres.createDatabase()];
    await using appender = await bench.child<ClusterAppenderCalls>('cluster-appender', { args });
    const what = `durable appends of one node, ${CONVERSATIONS} conversations`;
    return [await measureAppends(bench, appender, CONVERSATIONS, what)];
  },
};
