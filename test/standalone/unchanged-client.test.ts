/** An unchanged web client of OpenHands 0.27 against a server of one process. */
import { unchangedClient } from '../conformance/unchanged-client.ts';
import { Site, type SiteProcesses, type SiteStart } from '../conformance/unchanged-client-site.ts';
import { unchangedClientPings } from '../conformance/unchanged-client-usual.ts';
import { ServerProcess } from './harness/server-process.ts';

async function oneProcess({ args, folder }: SiteStart): Promise<SiteProcesses> {
  const dataDir = folder.file('data');
  let server = await ServerProcess.start({ dataDir, args });
  let logged = '';
  return {
    get urls() {
      return [server.url];
    },
    get log() {
      return logged + server.stderr;
    },
    async crash() {
      const { port } = server;
      await server.kill();
      logged += server.stderr;
      server = await ServerProcess.start({ dataDir, args: [...args, '--port', String(port)] });
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const site = new Site(oneProcess);
unchangedClient(site);
unchangedClientPings(site);
