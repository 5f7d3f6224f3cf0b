/** Many clients, slow clients, many conversations: what each of them costs. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { RecordingClient } from './harness/client.ts';
import { idleReportSchema } from './harness/idle-conversations.ts';
import { residentBytes } from './harness/processes.ts';
import { RawClient } from './harness/raw-client.ts';
import { ServerProcess } from './harness/server-process.ts';
import { TemporaryFolder } from './harness/temporary-folder.ts';
import { median, quantile, until } from './harness/until.ts';
import { expectedSince } from './harness/visible.ts';
import { isState, message } from './harness/wire.ts';

const KB = 1024;
const MB = 1024 * KB;

let folder: TemporaryFolder;
let owned: AsyncDisposableStack;
beforeEach(async () => {
  owned = new AsyncDisposableStack();
  folder = owned.use(await TemporaryFolder.make());
});
afterEach(() => owned.disposeAsync());

describe('1,000 clients of one conversation', () => {
  it('get every event, once and in order', async () => {
    const count = 1_000;
    const messages = 25;
    const server = owned.use(await ServerProcess.start({ dataDir: folder.file('data') }));
    const sid = await server.api.create();
    const writer = owned.use(await new RecordingClient({ sid, keepFrames: false }).joined(server.url));
    await writer.event('it waits', (event) => isState(event, 'awaiting_user_input'));
    const head = await server.api.head(sid);

    const joining = performance.now();
    const seen: number[][] = [];
    const clients: RawClient[] = [];
    for (let first = 0; first < count; first += 50) {
      const some = Array.from({ length: 50 }, () => {
        const ids: number[] = [];
        seen.push(ids);
        const query = { conversation_id: sid, latest_event_id: String(head) };
        return owned.use(new RawClient({ url: server.url, query, onEvent: ({ id }) => ids.push(id) }));
      });
      clients.push(...some);
      await Promise.all(some.map((client) => client.joined()));
    }
    const joined = performance.now();

    const delays: number[] = [];
    for (let index = 0; index < messages; index += 1) {
      const began = performance.now();
      const id = await writer.sent(message(`message ${index}`));
      await until('everybody has it', () => seen.every((ids) => (ids.at(-1) ?? -1) >= id), {
        everyMs: 1,
        timeoutMs: 20_000,
      });
      delays.push(performance.now() - began);
    }
    const last = await writer.sent(message('the end'));
    await writer.event('it waits', (event) => event.id > last && isState(event, 'awaiting_user_input'));
    const log = await server.api.events(sid);
    const expected = expectedSince(log, head, head).map(({ id }) => id);
    await until('everybody has everything', () => seen.every((ids) => ids.at(-1) === expected.at(-1)), {
      timeoutMs: 20_000,
    });
    console.log(
      `scale: ${count} clients joined in ${Math.round(joined - joining)} ms; a message was with all of them after ` +
        `median ${Math.round(median(delays))} ms, at most ${Math.round(quantile(delays, 1))} ms; ` +
        `server ${Math.round(residentBytes(server.pid) / MB)} MB`,
    );
    expect(seen.filter((ids) => JSON.stringify(ids) !== JSON.stringify(expected))).toEqual([]);
    expect(server.errors).toEqual([]);
  }, 90_000);
});

describe('a client that stops reading while much flows', () => {
  /** The server collects garbage and tells what is left, when it gets a signal. */
  const teller = `process.on('SIGUSR2', () => {
    for (let round = 0; round < 3; round += 1) gc();
    process.stderr.write('memory ' + JSON.stringify(process.memoryUsage()) + '\\n');
  });`;
  const nodeArgs = ['--expose-gc', '--import', `data:text/javascript,${encodeURIComponent(teller)}`];
  const usageSchema = z.object({ heapUsed: z.number(), external: z.number(), rss: z.number() });

  async function usageOf(server: ServerProcess): Promise<number> {
    const count = (): number => server.stderr.split('\nmemory ').length;
    const before = count();
    server.stderr += '\n';
    server.signal('SIGUSR2');
    await until('told', () => count() > before && server.stderr.endsWith('}\n'));
    const line = server.stderr.slice(server.stderr.lastIndexOf('memory ') + 'memory '.length);
    const { external, heapUsed } = usageSchema.parse(JSON.parse(line));
    return heapUsed + external;
  }

  it('costs less than 1 MB, holds nobody up, and catches up', async () => {
    const stalled = 8;
    const size = 100 * KB;
    const server = owned.use(await ServerProcess.start({ dataDir: folder.file('data'), nodeArgs }));
    const sid = await server.api.create();
    const writer = owned.use(await new RecordingClient({ sid, keepFrames: false }).joined(server.url));

    const flow = async (megabytes: number): Promise<number[]> => {
      const delays: number[] = [];
      for (let sent = 0; sent < megabytes * MB; sent += size) {
        const began = performance.now();
        const id = await writer.sent(message('x'.repeat(size)));
        await writer.until('it comes back', () => writer.cursor >= id);
        delays.push(performance.now() - began);
        writer.events.length = 1; // only the newest matters, and it would be this process that runs out of memory
        writer.times.length = 1;
      }
      return delays;
    };
    const freed = async (): Promise<number> => {
      await until('it rests', async () => {
        const [newest] = (await server.api.page(sid, 'reverse=true&limit=1')).events;
        return newest !== undefined && isState(newest, 'awaiting_user_input');
      });
      return usageOf(server);
    };

    const slow = Array.from({ length: stalled }, () => {
      const ids: number[] = [];
      const query = { conversation_id: sid, latest_event_id: '0' };
      return {
        ids,
        client: owned.use(new RawClient({ url: server.url, query, onEvent: ({ id }) => ids.push(id) })),
      };
    });
    await Promise.all(slow.map(({ client }) => client.joined()));
    const alone = await flow(15); // all read
    const read = await server.api.head(sid);
    await until('all have read', () => slow.every(({ ids }) => (ids.at(-1) ?? -1) >= read), {
      timeoutMs: 20_000,
    });
    const before = await freed();

    for (const { client } of slow) client.socket.pause();
    const began = performance.now();
    const beside = await flow(25);
    const after = await freed();
    const stalledMs = performance.now() - began;
    const behind = slow.map(({ ids }) => ids.at(-1) ?? -1);
    const head = await server.api.head(sid);
    expect(Math.max(...behind)).toBeLessThan(head - 100);

    const each = (after - before) / stalled;
    console.log(
      `scale: ${stalled} clients read nothing for ${Math.round(stalledMs)} ms: ${Math.round(each / KB)} KB each; ` +
        `a message of ${size / KB} KB came back to another one after median ${Math.round(median(beside))} ms ` +
        `(${Math.round(median(alone))} ms before)`,
    );
    expect(each).toBeLessThan(MB);
    expect(quantile(beside, 1)).toBeLessThan(5_000);

    for (const { client } of slow) client.socket.resume();
    const log = await server.api.events(sid);
    const last = log.length - 1;
    await until('all caught up', () => slow.every(({ ids }) => ids.at(-1) === last), { timeoutMs: 30_000 });
    for (const { ids, client } of slow) {
      expect(client.closed).toBeNull();
      expect(ids).toEqual(
        expectedSince(log, 0, 0)
          .map(({ id }) => id)
          .slice(-ids.length),
      );
      expect(ids.length).toBeGreaterThan(last - 20);
    }
    expect(server.errors).toEqual([]);
  }, 90_000);
});

describe('10,000 conversations that wait', () => {
  it('cost 10 KB each at most, and no timer of their own', async () => {
    const program = join(import.meta.dirname, 'harness/idle-conversations.ts');
    const args = ['--expose-gc', program, folder.path, '10000'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 85_000 });
    const told = idleReportSchema.parse(JSON.parse(stdout));
    console.log(
      `scale: ${told.conversations} conversations, started in ${Math.round(told.createdMs)} ms: ${Math.round(told.bytesEach)} bytes each ` +
        `(${Math.round(told.residentBytesEach)} of the process, caches of the store included); ` +
        `timers ${told.timersBefore} before, ${told.timersAfter} with them; kept alive by ${JSON.stringify(told.resourcesAfter)}`,
    );
    expect(told.errors).toEqual([]);
    expect(told.running).toBe(10_000);
    expect(told.bytesEach).toBeLessThan(10 * KB);
    expect(told.timersAfter).toBeLessThan(told.timersBefore + 5);
    expect(sum(told.resourcesAfter)).toBeLessThan(sum(told.resourcesBefore) + 5);
  }, 90_000);
});

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
