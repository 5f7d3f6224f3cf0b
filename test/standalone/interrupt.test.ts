/** Pause and stop: how soon they take effect, and that nothing begins after their acknowledgement. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordingClient } from './harness/client.ts';
import { carrying } from './harness/processes.ts';
import { ServerProcess } from './harness/server-process.ts';
import { TemporaryFolder } from './harness/temporary-folder.ts';
import { median, until } from './harness/until.ts';
import { changeState, commandOf, isState, message, type WireEvent } from './harness/wire.ts';

const REPEATS = 5;
/** From the acknowledgement, on a machine that does nothing else. */
const SOON_MS = 200;
/** The same for the slowest of all, on a machine that runs other tests. */
const LATE_MS = 2_000;

let folder: TemporaryFolder;
let server: ServerProcess;
let counter = 10_000_000 + Math.floor(Math.random() * 80_000_000);
const clients: RecordingClient[] = [];

beforeAll(async () => {
  folder = await TemporaryFolder.make();
  server = await ServerProcess.start({ dataDir: folder.file('data') });
});
afterAll(async () => {
  for (const client of clients) client[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Somebody in a conversation whose agent waits. */
async function somebody(): Promise<RecordingClient> {
  const client = new RecordingClient({ sid: await server.api.create() });
  clients.push(client);
  await client.joined(server.url);
  await client.event('it waits', (event) => isState(event, 'awaiting_user_input'));
  return client;
}

/** Digits that name a process by its command line. */
function mark(): string {
  counter += 1;
  return String(counter);
}

const commands: readonly (readonly [what: string, command: (sleep: string) => string])[] = [
  ['a command', (sleep) => sleep],
  ['a command that ignores signals', (sleep) => `trap '' INT TERM HUP; ${sleep}`],
  ['processes in the background of a command', (sleep) => `setsid ${sleep} & ${sleep} & wait`],
];

describe.each([
  { asked: 'paused', why: 'the agent was paused' },
  { asked: 'stopped', why: 'the agent was stopped' },
] as const)('a user who wants the agent $asked', ({ asked, why }) => {
  it.each(commands)('interrupts %s at once', async (what, command) => {
    const answered: number[] = [];
    const gone: number[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      const client = await somebody();
      const digits = mark();
      await client.sent(message(`$ ${command(`sleep 100.${digits}`)}`));
      await until('it sleeps', () => carrying(`sleep\u0000100.${digits}`).length > 0);
      const run = await client.event('the action', (event) => commandOf(event) !== null);

      const asking = await client.sent(changeState(asked));
      const acknowledgedAt = performance.now();
      await until('gone', () => carrying(`100.${digits}`).length === 0, { everyMs: 1 });
      gone.push(performance.now() - acknowledgedAt);
      const error = await client.event('the answer', (event) => event.observation === 'error');
      answered.push(client.timeOf(error) - acknowledgedAt);
      expect(error).toMatchObject({ cause: run.id, source: 'agent' });
      expect(error.content).toContain(why);
      expect(await client.event('the state', (event) => isState(event, asked))).toMatchObject({
        cause: asking,
      });
    }
    console.log(
      `interrupt: ${asked}, ${what}: answered after ${shown(answered)}, processes gone after ${shown(gone)}`,
    );
    expect(median(answered)).toBeLessThan(SOON_MS);
    expect(median(gone)).toBeLessThan(SOON_MS);
    expect(Math.max(...answered, ...gone)).toBeLessThan(LATE_MS);
  });

  it('sees nothing begin after the acknowledgement, however much was asked for before', async () => {
    const client = await somebody();
    const notes = folder.file(`queued-${asked}`);
    const lines = ['sleep 100', `echo a >> ${notes}`, `echo b >> ${notes}`];
    await client.sent(message(lines.map((line) => `$ ${line}`).join('\n')));
    await client.sent(message(`$ echo c >> ${notes}`));
    const sleeping = await client.event('it sleeps', (event) => commandOf(event) === 'sleep 100');
    const asking = await client.sent(changeState(asked));
    await client.event('the answer', (event) => event.observation === 'error' && event.cause === sleeping.id);
    await client.event('the state', (event) => isState(event, asked));
    await others();
    expect(await linesOf(notes)).toEqual([]);
    expect(await begunAfter(client, asking)).toEqual([]);

    if (asked === 'paused') {
      await client.sent(changeState('running'));
      await until('all the rest', async () => (await linesOf(notes)).length === 3);
      await client.event('it waits', (event) => isState(event, 'awaiting_user_input') && event.id > asking);
      expect(await linesOf(notes)).toEqual(['a', 'b', 'c']);
      expect(await begunAfter(client, asking)).toEqual([
        `echo a >> ${notes}`,
        `echo b >> ${notes}`,
        `echo c >> ${notes}`,
      ]);
    } else {
      // What was asked for before is over; what is asked for now is not.
      await client.sent(message(`$ echo new >> ${notes}`));
      await until('the new one', async () => (await linesOf(notes)).length > 0);
      await client.event('it waits', (event) => isState(event, 'awaiting_user_input') && event.id > asking);
      expect(await linesOf(notes)).toEqual(['new']);
      expect(await begunAfter(client, asking)).toEqual([`echo new >> ${notes}`]);
    }
  });

  it('sees that in the middle of many short commands, too', async () => {
    const rounds = 5;
    for (let round = 0; round < rounds; round += 1) {
      const client = await somebody();
      const notes = folder.file(`short-${asked}-${round}`);
      const names = Array.from({ length: 60 }, (_, index) => String(index));
      await client.sent(message(names.map((name) => `$ echo ${name} >> ${notes}`).join('\n')));
      const enough = 3 + 4 * round;
      await client.until(
        'some',
        () => client.events.filter((event) => commandOf(event) !== null).length > enough,
      );
      const asking = await client.sent(changeState(asked));
      await client.event('the state', (event) => isState(event, asked));
      await others();
      const begun = (await server.api.events(client.sid)).filter((event) => commandOf(event) !== null);
      expect(begun.filter(({ id }) => id > asking)).toEqual([]);
      const written = await linesOf(notes);
      // The last one that was begun was interrupted, and may or may not have taken effect.
      expect(written).toEqual(names.slice(0, written.length));
      expect([begun.length, begun.length - 1]).toContain(written.length);
      if (asked === 'stopped') continue;

      await client.sent(changeState('running'));
      await client.event('it waits', (event) => isState(event, 'awaiting_user_input') && event.id > asking);
      const all = await linesOf(notes);
      expect(all.slice(0, written.length)).toEqual(written);
      expect(all.slice(written.length)).toEqual(names.slice(begun.length));
    }
  });
});

describe('a pause', () => {
  it('does not end what an earlier command left in the background, and a resume goes on in the same shell', async () => {
    const client = await somebody();
    const digits = mark();
    await client.sent(
      message(`$ WORD=kept; cd /tmp; sleep 100.${digits} >/dev/null 2>&1 &\n$ sleep 100\n$ echo $WORD $PWD`),
    );
    const sleeping = await client.event('it sleeps', (event) => commandOf(event) === 'sleep 100');
    await client.sent(changeState('paused'));
    await client.event('the answer', (event) => event.observation === 'error' && event.cause === sleeping.id);
    expect(carrying(`100.${digits}`)).toHaveLength(1);
    await client.sent(changeState('running'));
    await client.event('output', (event) => event.observation === 'run' && event.content === 'kept /tmp');
    await server.api.post(`/api/conversations/${client.sid}/stop`, {});
    await until('gone', () => carrying(`100.${digits}`).length === 0);
  });

  it('is refused where there is nothing to pause, and the answer says so', async () => {
    const client = await somebody();
    const asking = await client.sent(changeState('paused'));
    const answer = await client.event('the answer', (event) => event.cause === asking);
    expect(answer.observation === 'error' || isState(answer, 'paused')).toBe(true);
  });
});

describe('closing a conversation', () => {
  it('is answered, although somebody writes at the same moment', async () => {
    const client = await somebody();
    for (let round = 0; round < 20; round += 1) {
      const [closed, id] = await Promise.all([
        server.api.post(`/api/conversations/${client.sid}/stop`, {}),
        client.sent(message(`on ${round}`)),
      ]);
      expect(closed.status).toBe(200);
      // Whichever came first: the message is met, before the close or after it.
      await client.event(
        'an end',
        (event) => event.id > id && (isState(event, 'awaiting_user_input') || isState(event, 'stopped')),
      );
    }
  });

  it('ends its command and everything that it has in the background', async () => {
    const client = await somebody();
    const digits = mark();
    await client.sent(message(`$ setsid sleep 100.${digits} &\n$ sleep 100.${digits}`));
    await until('both sleep', () => carrying(`sleep\u0000100.${digits}`).length === 2);
    expect((await server.api.post(`/api/conversations/${client.sid}/stop`, {})).status).toBe(200);
    expect(carrying(`100.${digits}`)).toEqual([]);
    const answer = await client.event('the answer', (event) => event.observation === 'error');
    expect(answer.content).toContain('the conversation was closed');
  });
});

/** Other conversations do a good deal of work from beginning to end: whatever was about to begin has begun by then. */
async function others(): Promise<void> {
  await Promise.all(
    Array.from({ length: 3 }, async () => {
      const client = await somebody();
      const head = client.cursor;
      await client.sent(message('$ true\n$ true\n$ sleep 0.05\n$ true'));
      await client.event('it waits', (event) => isState(event, 'awaiting_user_input') && event.id > head + 8);
      client.leave();
    }),
  );
}

async function begunAfter(client: RecordingClient, id: number): Promise<(string | null)[]> {
  const log: WireEvent[] = await server.api.events(client.sid, id);
  return log.filter((event) => event.source === 'agent').flatMap((event) => commandOf(event) ?? []);
}

async function linesOf(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

function shown(times: readonly number[]): string {
  return `${times.map((ms) => Math.round(ms)).join(', ')} ms (median ${Math.round(median(times))})`;
}
