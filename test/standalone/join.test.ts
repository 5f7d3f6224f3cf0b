/**
 * Clients that come at any moment, while much is going on: each sees what visibility lets through, once and in order.
 * `SEED=… vitest run test/standalone/join.test.ts` decides as a run with that seed did.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordingClient } from './harness/client.ts';
import { Random, seedOf } from './harness/random.ts';
import { ServerProcess } from './harness/server-process.ts';
import { TemporaryFolder } from './harness/temporary-folder.ts';
import { pause, until } from './harness/until.ts';
import { type Join, wrongWith } from './harness/visible.ts';
import { changeState, type Frame, isState, message, type WireEvent } from './harness/wire.ts';

const VIEWERS = 20;
const WRITERS = 6;
const EVENTS = 2_500;
/** Events a second that the writers aim at; a message makes about two. */
const RATE = 550;

interface Viewer {
  readonly client: RecordingClient;
  readonly all: boolean;
  /** One for each of its connections. */
  readonly joins: Join[];
}

const seed = seedOf(process.env);
const random = new Random(seed);
let folder: TemporaryFolder;
let server: ServerProcess;
let sid: string;
let log: WireEvent[] = [];
let viewers: Viewer[] = [];
let witness: RecordingClient;
let seconds = 0;
/** Of the messages that the writers sent: from sending to the event's arrival at another client. */
const latencies: number[] = [];

describe(`${VIEWERS} clients that join while events flow (seed ${seed})`, () => {
  beforeAll(runAll, 90_000);
  afterAll(async () => {
    for (const { client } of viewers) client[Symbol.dispose]();
    witness[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  it('join a log that grows fast, by more than messages', () => {
    const rate = Math.round(log.length / seconds);
    const hidden = log.filter((event) => event.source === 'environment' && event.action !== undefined).length;
    const states = log.filter((event) => isState(event)).length;
    const joins = viewers.reduce((sum, viewer) => sum + viewer.joins.length, 0);
    console.log(
      `join: ${log.length} events at ${rate} a second, ${states} changes of state, ${hidden} hidden, ${joins} joins; ` +
        `a message came back after median ${Math.round(latencies.toSorted((a, b) => a - b)[latencies.length >> 1] ?? 0)} ms`,
    );
    expect(log.length).toBeGreaterThanOrEqual(EVENTS);
    expect(hidden).toBeGreaterThan(0);
    expect(joins).toBeGreaterThan(VIEWERS);
    expect(server.errors).toEqual([]);
  });

  it('see all that they may see, once and in order', () => {
    const wrong: string[] = [];
    for (const [index, { client, all, joins }] of viewers.entries()) {
      expect(client.stretches.length).toBe(joins.length);
      for (const [place, stretch] of client.stretches.entries()) {
        const whole = place === joins.length - 1;
        const { least, most } = joins[place] ?? { least: -1, most: -1 };
        const why = wrongWith(stretch, log, { least, most, whole, all });
        if (why !== null) wrong.push(`viewer ${index}, connection ${place}: ${why}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('have no event twice over all their connections, and none out of order', () => {
    for (const { client } of viewers) {
      expect(client.ids).toEqual([...new Set(client.ids)].toSorted((left, right) => left - right));
    }
  });
});

async function runAll(): Promise<void> {
  folder = await TemporaryFolder.make();
  server = await ServerProcess.start({ dataDir: folder.file('data') });
  sid = await server.api.create();
  witness = await new RecordingClient({ sid, query: { all: '1' }, keepFrames: false }).joined(server.url);
  viewers = Array.from({ length: VIEWERS }, (_, index) => {
    const all = index % 5 === 4;
    return {
      client: new RecordingClient({ sid, query: all ? { all: '1' } : {}, keepFrames: false }),
      all,
      joins: [],
    };
  });
  const began = performance.now();
  const flow = Promise.all(Array.from({ length: WRITERS }, (_, index) => write(index)));
  await Promise.all(viewers.map(watch));
  await flow;
  seconds = (performance.now() - began) / 1_000;
  const last = await witness.sent(message('the end'));
  await witness.event(
    'it waits',
    (event) => event.id > last && isState(event, 'awaiting_user_input'),
    30_000,
  );
  log = await server.api.events(sid);
  // Changes of state may be hidden, the last event is not: it is where everybody arrives.
  await Promise.all(
    viewers.map(({ client }) => client.until('the end', () => client.cursor === log.length - 1, 20_000)),
  );
}

async function write(index: number): Promise<void> {
  using client = await new RecordingClient({ sid, keepFrames: false }).joined(server.url);
  const msBetween = (1_000 * 2 * WRITERS) / RATE;
  const began = performance.now();
  for (let turn = 0; witness.cursor < EVENTS; turn += 1) {
    const sentAt = performance.now();
    const id = await client.sent(frameOf(index, turn));
    await client.until('it comes back', () => client.cursor >= id);
    latencies.push(performance.now() - sentAt);
    // Now and then the conversation is closed; the next message opens it again.
    if (index === 0 && turn % 50 === 49) await server.api.post(`/api/conversations/${sid}/stop`, {});
    await pause(Math.max(0, began + turn * msBetween - performance.now()));
  }
}

function frameOf(index: number, turn: number): Frame {
  const name = `${index}.${turn}`;
  if (turn % 40 === 20) return changeState(index % 2 === 0 ? 'paused' : 'running', name);
  if (turn % 20 === 13) return { action: 'run', args: { command: `echo ${name}` }, action_id: name };
  return message(turn % 25 === 7 ? `$ printf '%s\\n' ${name} ${name}` : `hello ${name}`, name);
}

/** Comes at a random moment, and comes again a few times. */
async function watch({ client, joins }: Viewer): Promise<void> {
  const moments = Array.from({ length: random.between(1, 4) }, () => random.between(0, EVENTS - 100));
  for (const moment of moments.toSorted((left, right) => left - right)) {
    await until('its moment', () => witness.cursor >= moment, {
      timeoutMs: 60_000,
      everyMs: random.between(1, 7),
    });
    // Not known to the server as a whole: what is known is that the head is at least what somebody has seen.
    const least = witness.cursor;
    const count = client.stretches.length;
    client.connect(server.url);
    await client.until('connected', () => client.stretches.length > count);
    joins.push({ least, most: await server.api.head(sid) });
  }
}
