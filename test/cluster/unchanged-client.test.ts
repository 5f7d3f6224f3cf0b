/** An unchanged web client of OpenHands 0.27 against a cluster, of which every request meets another node. */
import { unchangedClient } from '../conformance/unchanged-client.ts';
import { Site, type SiteProcesses, type SiteStart } from '../conformance/unchanged-client-site.ts';
import type { ServerProcess } from '../standalone/harness/server-process.ts';
import { Cluster } from './cluster.ts';

const NODES = 3;
const LEASE_MS = 6_000;

async function threeNodes({ args, folder }: SiteStart): Promise<SiteProcesses> {
  const cluster = await Cluster.start({ folder });
  const all: ServerProcess[] = [];
  const start = async (): Promise<ServerProcess> => {
    const node = await cluster.node({ args });
    all.push(node);
    return node;
  };
  let living: ServerProcess[] = [];
  for (let n = 0; n < NODES; n += 1) living = [...living, await start()];
  return {
    get urls() {
      return living.map((node) => node.url);
    },
    get log() {
      return all.map((node) => node.stderr).join('');
    },
    async crash(urls) {
      await cluster.settled(LEASE_MS);
      const doomed = living.filter((node) => urls.includes(node.url));
      living = living.filter((node) => !doomed.includes(node));
      await Promise.all(doomed.map((node) => node.kill()));
      for (const _ of doomed) living = [...living, await start()];
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

unchangedClient(new Site(threeNodes, 400_000));
