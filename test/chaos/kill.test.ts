/**
 * A server is killed again and again, in the middle of whatever it does, and started anew on the same folder.
 * `SEED=… vitest run test/chaos/kill.test.ts` decides as a run with that seed did.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordingClient } from '../standalone/harness/client.ts';
import { carrying, commandLine, descendants, lives } from '../standalone/harness/processes.ts';
import { Random, seedOf } from '../standalone/harness/random.ts';
import { ServerProcess } from '../standalone/harness/server-process.ts';
import { TemporaryFolder } from '../standalone/harness/temporary-folder.ts';
import { median, pause, quantile, until } from '../standalone/harness/until.ts';
import { message } from '../standalone/harness/wire.ts';
import { Ledger, type Sending } from './ledger.ts';

const ROUNDS = 20;
const CONVERSATIONS = 4;
const CLIENTS = 7;
/** How long what the server had started may live on after it. */
const GONE_MS = 2_000;

const seed = seedOf(process.env);
const random = new Random(seed);
const marker = `chaos-${randomUUID()}`;
/** Digits of a time to sleep: they name a process by its command line. */
const digits = String(random.between(10_000_000, 99_999_999));

let folder: TemporaryFolder;
let clients: RecordingClient[] = [];
const sids: string[] = [];
const ledger = new Ledger();
const { logs, sendings } = ledger;
const leftovers: string[] = [];
const goneMs: number[] = [];
let names: string[] = [];
let readPages = 0;
let wrongPages = 0;
let duplicates = 0;
let kills = 0;
let lastErrors: string[] = [];

describe(`a server that is killed ${ROUNDS} times under load (seed ${seed})`, () => {
  beforeAll(runAll, 180_000);
  afterAll(async () => {
    for (const client of clients) client[Symbol.dispose]();
    await folder[Symbol.asyncDispose]();
  });

  it('was killed so often, and acknowledged something in between', () => {
    console.log(
      `kill: seed ${seed}, ${sendings.length} sendings, ${ledger.acknowledgements} acknowledgements, ` +
        `${names.length} commands begun, ${[...logs.values()].flat().length} events, ${readPages} pages read meanwhile; ` +
        `processes gone after median ${Math.round(median(goneMs))} ms, at most ${Math.round(quantile(goneMs, 1))} ms`,
    );
    expect(kills).toBe(ROUNDS);
    expect(sendings.length).toBeGreaterThan(ROUNDS * 5);
    expect(names.length).toBeGreaterThan(ROUNDS * 3);
    expect(lastErrors).toEqual([]);
  });

  it('has every acknowledged event, as it was sent and under its id', () => {
    expect(ledger.lost()).toEqual([]);
  });

  it('has ids without a gap, whenever they are read', () => {
    expect(ledger.gaps()).toEqual([]);
    expect(wrongPages).toBe(0);
    expect(readPages).toBeGreaterThan(ROUNDS);
  });

  it('has stored once what was sent with the same action_id, however often it was sent', () => {
    expect(duplicates).toBeGreaterThan(0);
    expect(ledger.repeated()).toEqual([]);
  });

  it('has run no command twice, and answered each once', () => {
    expect(ledger.commands(names)).toEqual([]);
  });

  it('has answered every message without a command, each once', () => {
    expect(ledger.unanswered()).toEqual([]);
  });

  it('has shown each client every event once and in order, over all its connections', () => {
    expect(ledger.shown(clients)).toEqual([]);
    expect(clients).toHaveLength(CLIENTS);
  });

  it('left no process behind', () => {
    expect(leftovers).toEqual([]);
    expect(Math.max(...goneMs)).toBeLessThan(GONE_MS);
  });

  it('left no private folder of its shells behind', async () => {
    await until(
      'folders gone',
      async () =>
        (await readdir(folder.file('tmp'))).filter((name) => name.startsWith('convene-')).length === 0,
    );
  });
});

async function runAll(): Promise<void> {
  folder = await TemporaryFolder.make();
  await mkdir(folder.file('tmp'));
  for (let round = 0; round < ROUNDS; round += 1) await runRound(round);
  await finish();
}

function startServer(): Promise<ServerProcess> {
  return ServerProcess.start({
    dataDir: folder.file('data'),
    env: { E2E_MARKER: marker, TMPDIR: folder.file('tmp') },
  });
}

async function runRound(round: number): Promise<void> {
  await using server = await startServer();
  if (round === 0) {
    for (let index = 0; index < CONVERSATIONS; index += 1) sids.push(await server.api.create());
    clients = Array.from(
      { length: CLIENTS },
      (_, index) => new RecordingClient({ sid: sids[index % CONVERSATIONS] ?? '' }),
    );
  }
  const life = { over: false };
  const load = clients.map(async (client, index) => {
    if (round > 0 || index > 0) await pause(random.between(0, 30));
    client.connect(server.url);
    await use(client, index, round, server, life);
  });
  await momentOfDeath(round, server);
  const started = descendants(server.pid);
  await server.kill();
  kills += 1;
  life.over = true;
  const killedAt = performance.now();
  const left = (): string[] =>
    [...carrying(marker), ...carrying(digits), ...started.filter(lives).map(({ pid }) => pid)].map(
      (pid) => `${pid} ${commandLine(pid)}`,
    );
  await until('processes gone', () => left().length === 0, { timeoutMs: GONE_MS, everyMs: 5 }).catch(() => {
    leftovers.push(...left());
  });
  goneMs.push(performance.now() - killedAt);
  await Promise.all(load);
}

/** Most die with an acknowledgement, some a while after all have come, some before anybody is there. */
async function momentOfDeath(round: number, server: ServerProcess): Promise<void> {
  const kind = random.next();
  if (round > 0 && kind < 0.15) return pause(random.between(0, 400));
  const apart = (): RecordingClient[] => clients.filter(({ connected }) => !connected);
  await until('all have come', () => apart().length === 0, { timeoutMs: 15_000, everyMs: 2 }).catch(
    (cause: unknown) => {
      const frames = apart().map((client) => [client.sid, client.cursor, client.frames.slice(-6)]);
      throw new Error(`not connected: ${JSON.stringify(frames)}; the server says ${server.stderr}`, {
        cause,
      });
    },
  );
  if (kind < 0.4) return pause(random.between(0, 1_000));
  const enough = ledger.acknowledgements + random.between(1, 30);
  const deadline = performance.now() + 2_000;
  await until('acknowledged', () => ledger.acknowledgements >= enough || performance.now() > deadline, {
    everyMs: 1,
  });
}

/** One client's share of the load, until its server is dead. */
async function use(
  client: RecordingClient,
  index: number,
  round: number,
  server: ServerProcess,
  life: { over: boolean },
): Promise<void> {
  for (let turn = 0; turn < 6 && !life.over; turn += 1) {
    const sending = compose(client.sid, `r${round}c${index}t${turn}`, longIsFine(round, index, turn));
    sendings.push(sending);
    // Not waited for: a client may send while the answer to what it sent before is still to come.
    const answered = deliver(client, sending);
    if (random.chance(0.2)) {
      duplicates += 1;
      void deliver(client, sending);
    }
    if (random.chance(0.6))
      await Promise.race([answered, until('dead', () => life.over, { timeoutMs: 30_000 })]);
    if (random.chance(0.25)) await readSome(client.sid, server);
    if (random.chance(0.15) && !life.over) client.connect(server.url);
    await pause(random.between(0, 60));
  }
}

/** Some conversations are held up by a command that would take half a minute. */
function longIsFine(round: number, index: number, turn: number): boolean {
  return index < CONVERSATIONS && turn === 1 && (round + index) % 4 === 0;
}

async function deliver(client: RecordingClient, sending: Sending): Promise<void> {
  const ack = await client.sendSurely(sending.frame);
  if (ack === null) return; // the test has failed meanwhile
  if (!ack.ok) throw new Error(`refused: ${ack.error.code} ${ack.error.message}`);
  sending.acks.push(ack.id);
}

async function readSome(sid: string, server: ServerProcess): Promise<void> {
  const from = random.between(0, 200);
  try {
    const { events } = await server.api.page(sid, `start_id=${from}&limit=50`);
    readPages += 1;
    if (events.some((event, index) => event.id !== from + index)) wrongPages += 1;
  } catch {
    // It was killed meanwhile.
  }
}

function compose(sid: string, name: string, long: boolean): Sending {
  const actionId = `${name}-${digits}`;
  const sleep = `sleep 30.${digits}`;
  const forms: readonly [(note: string) => string, ...((note: string) => string)[]] = [
    (note) => note,
    (note) => note,
    (note) => note,
    (note) => `${note}; ${sleep} &`,
    (note) => `nohup ${sleep} >/dev/null 2>&1 & ${note}`,
    (note) => `setsid ${sleep} & ${note}`,
    (note) => `(setsid ${sleep} >/dev/null 2>&1 &); ${note}`,
    (note) => `env -i /bin/${sleep} & ${note}`,
    (note) => `${note}; trap '' TERM INT HUP; (${sleep}; ${sleep}) &`,
  ];
  const command = (each: string): string => random.pick(forms)(`echo ${each} >> ${folder.file('names')}`);
  const base = { sid, acks: [] };
  if (long) {
    const wait = `[ -e ${folder.file('last')} ] || ${random.chance(0.5) ? 'setsid -w ' : ''}${sleep}`;
    const line = `$ echo ${name}-L >> ${folder.file('names')}; ${wait}`;
    return { ...base, names: [`${name}-L`], frame: { ...message(`${name}\n${line}`), action_id: actionId } };
  }
  const count = random.between(0, 3);
  if (count === 3 && random.chance(0.5)) {
    const args = { command: command(`${name}-U`) };
    return { ...base, names: [`${name}-U`], frame: { action: 'run', args, action_id: actionId } };
  }
  const names = Array.from({ length: count }, (_, index) => `${name}-${index}`);
  const lines = names.map((each) => `$ ${command(each)}`);
  return { ...base, names, frame: { ...message([name, ...lines].join('\n')), action_id: actionId } };
}

/** The last life: everything that was sent is answered; then the logs are read. */
async function finish(): Promise<void> {
  await writeFile(folder.file('last'), ''); // nobody kills what takes long any more
  await using server = await startServer();
  for (const client of clients) client.connect(server.url);
  await until('everything acknowledged', () => sendings.every(({ acks }) => acks.length > 0), {
    timeoutMs: 20_000,
  });
  await until(
    'everything answered',
    async () => {
      await ledger.read(sids, (sid, from) => server.api.events(sid, from));
      return sids.every((sid) => ledger.left(sid).length === 0);
    },
    { timeoutMs: 40_000, everyMs: 300 },
  ).catch((error: unknown) => {
    throw new Error(`still to come: ${JSON.stringify(sids.map((sid) => ledger.left(sid)))}`, {
      cause: error,
    });
  });
  await Promise.all(
    clients.map((client) => {
      const end = (logs.get(client.sid)?.length ?? 0) - 1;
      return client.until(`event ${end}`, () => client.cursor >= end);
    }),
  );
  // What was answered long ago may be sent once more.
  for (const sending of sendings.filter(() => random.chance(0.05))) {
    const client = clients.find(({ sid }) => sid === sending.sid);
    if (client === undefined) continue;
    await deliver(client, sending);
    const other = await client.send({
      ...sending.frame,
      action: 'message',
      args: { content: 'something else' },
    });
    expect(other).toMatchObject({ ok: false, error: { code: 'action_id_conflict' } });
  }
  await ledger.read(sids, (sid, from) => server.api.events(sid, from));
  names = (await readFile(folder.file('names'), 'utf8')).split('\n').filter((line) => line !== '');
  lastErrors = server.errors;
  expect(await server.stop()).toEqual({ code: 0, signal: null });
}
