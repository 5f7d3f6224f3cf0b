/** A cluster as its operator has it: nodes are killed, paused and stopped while agents work, and Redis goes away. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeStateFolder } from '../fixtures/openhands-folder.ts';
import { RecordingClient } from '../standalone/harness/client.ts';
import { runCommand } from '../standalone/harness/command.ts';
import type { ServerProcess } from '../standalone/harness/server-process.ts';
import { until } from '../standalone/harness/until.ts';
import { wrongWith } from '../standalone/harness/visible.ts';
import { commandOf, message } from '../standalone/harness/wire.ts';
import { Cluster } from './cluster.ts';

const LEASE_MS = 6_000;

describe('a cluster', () => {
  let cluster: Cluster;
  let left: ServerProcess;
  let right: ServerProcess;

  beforeAll(async () => {
    cluster = await Cluster.start();
    [left, right] = [await cluster.node(), await cluster.node()];
    await cluster.settled(LEASE_MS);
  }, 400_000);
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  /** A conversation that works on `node`; answers when its first command has begun. */
  async function working(node: ServerProcess): Promise<string> {
    const sid = await node.api.create({ initial_user_msg: '$ sleep 100\n$ echo then' });
    await until('it works', async () => (await commands(node, sid)).includes('sleep 100'));
    return sid;
  }
  async function commands(node: ServerProcess, sid: string): Promise<string[]> {
    return (await node.api.events(sid)).flatMap((event) => commandOf(event) ?? []);
  }
  const goesOn = (node: ServerProcess, sid: string, timeoutMs: number): Promise<unknown> =>
    until('it goes on', async () => (await commands(node, sid)).includes('echo then'), { timeoutMs });

  it('serves every conversation from every node, events in order and once', async () => {
    const sid = await left.api.create();
    using one = new RecordingClient({ sid }).connect(left.url);
    using two = new RecordingClient({ sid }).connect(right.url);
    await until('both are connected', () => one.connected && two.connected);
    for (let n = 0; n < 20; n += 1) {
      const client = n % 2 === 0 ? one : two;
      expect(await client.send(message(`message ${n}`, `id-${n}`))).toMatchObject({ ok: true });
    }
    const head = await until('it rests', async () => {
      const log = await right.api.events(sid);
      const answered = log.filter(({ action, source }) => action === 'message' && source === 'agent');
      return answered.length >= 20 ? (log.at(-1)?.id ?? null) : null;
    });
    for (const client of [one, two]) {
      await until('all has come', () => client.cursor >= head);
      const log = await left.api.events(sid);
      const [stretch] = client.stretches;
      if (stretch === undefined) throw new Error('It was never connected.');
      expect(wrongWith(stretch, log, { least: -1, most: head, whole: true })).toBeNull();
    }
  });

  it('goes on with Redis away, a second late at most, and recovers', async () => {
    const sid = await left.api.create();
    using client = new RecordingClient({ sid }).connect(right.url);
    await until('connected', () => client.connected);
    await cluster.redis.stop();
    const id = await left.api.say(sid, 'Is anybody there?');
    const sent = performance.now();
    await until('it came all the same', () => client.ids.includes(id));
    expect(performance.now() - sent).toBeLessThan(1_500);
    await cluster.redis.start();
    const next = await left.api.say(sid, 'And now?');
    await until('it comes', () => client.ids.includes(next));
  });

  it('hands over at once what a node has that is told to stop', async () => {
    const stopping = await cluster.node();
    const sid = await working(stopping);
    const begun = performance.now();
    stopping.signal('SIGTERM');
    await goesOn(left, sid, 5_000);
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(await stopping.ended).toMatchObject({ code: 0 });
  });

  it('takes over within two seconds what a killed node has left, with nobody watching', async () => {
    const doomed = await cluster.node();
    const sid = await working(doomed);
    const begun = performance.now();
    doomed.signal('SIGKILL');
    await goesOn(left, sid, 5_000);
    const took = performance.now() - begun;
    expect(took).toBeLessThan(2_000);
    const log = await left.api.events(sid);
    expect(log.map(({ id }) => id)).toEqual(log.map((_, index) => index));
    expect(await commands(left, sid)).toEqual(['sleep 100', 'echo then']);
  });

  it('takes over within the lease and a second what a paused node had, which then writes nothing', async () => {
    const paused = await cluster.node();
    const sid = await working(paused);
    const begun = performance.now();
    paused.signal('SIGSTOP');
    try {
      await goesOn(left, sid, 2 * LEASE_MS);
      expect(performance.now() - begun).toBeLessThan(LEASE_MS + 1_000);
    } finally {
      paused.signal('SIGCONT');
    }
    const fresh = await until('it is a node again', async () =>
      paused.api.create({ initial_user_msg: '$ echo back' }).catch(() => null),
    );
    await until('it works', async () => (await commands(paused, fresh)).includes('echo back'));
    expect(await commands(left, sid)).toEqual(['sleep 100', 'echo then']);
  });

  it('tells its operators what happened', async () => {
    const told = async (): Promise<string> => (await runCommand(['cluster', '--url', right.url])).stdout;
    const text = await until('all three are told of', async () => {
      const answer = await told();
      return ['handed over', 'crashed', 'lease ended'].every((cause) => answer.includes(cause)) && answer;
    });
    expect(text).toMatch(/^NODE +STATE +STARTED +RUNNING +ADDRESS\n/);
    expect(text).toContain(left.url);
    expect(text.match(/ live /g)).toHaveLength(3);
    expect(text).toMatch(/ dead /);
    for (const [cause, mostMs] of [
      ['handed over', 1_000],
      ['crashed', 2_500],
      ['lease ended', 7_500],
    ] as const) {
      const took = new RegExp(`${cause} +(\\d+) ms`).exec(text)?.[1];
      expect(Number(took)).toBeLessThan(mostMs);
    }
  });
  it('is read, added to, checked and migrated by commands, while it runs', async () => {
    const { env } = cluster;
    const sid = await left.api.create();
    const list = await runCommand(['list', '--json'], '', env);
    expect(list.stdout).toContain(sid);
    expect(await runCommand(['migrate'], '', env)).toMatchObject({
      code: 0,
      stdout: 'The database is up to date.\n',
    });
    const doctor = await runCommand(['doctor', '--port', '0'], '', env);
    expect(doctor.stdout).toMatch(/PostgreSQL.*answers/);
    expect(doctor.stdout).toMatch(/Redis.*answers/);
    const state = cluster.file('state');
    const [made] = await makeStateFolder(state, { conversations: 1, seed: 7 });
    const taken = await runCommand(['import', state], '', env);
    expect(taken).toMatchObject({ code: 0, stdout: expect.stringContaining('1 imported into the cluster') });
    expect(await right.api.events(made?.sid ?? '')).not.toHaveLength(0);
  });
});
