import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PostgresServer } from '../../scripts/servers/postgres.ts';
import { Link } from '../../test/fixtures/link.ts';
import { systemClock } from '../clock.ts';
import { openClusterIdentity } from './cluster-identity.ts';
import type { MembershipListener } from './membership.ts';
import { PostgresMembership } from './postgres-membership.ts';

const leaseMs = 1500;

/** A node with its own network, and all that it was told. */
class Node implements MembershipListener {
  readonly membership: PostgresMembership;
  readonly link: Link;
  readonly warnings: string[] = [];
  readonly errors: unknown[] = [];
  /** Everyone it was told of, and when (monotonic). */
  readonly deaths = new Map<string, number>();
  /** Its incarnations that it gave up, and when (monotonic). */
  readonly losses = new Map<string, number>();
  rejoins = 0;
  busy = 0;

  constructor(link: Link, lease = leaseMs) {
    this.link = link;
    this.membership = new PostgresMembership({
      url: link.url,
      clock: systemClock,
      nodeUrl: () => 'http://node',
      leaseMs: lease,
      onWarning: (message) => this.warnings.push(message),
      onError: (error) => this.errors.push(error),
    });
  }

  load(): number {
    return this.busy;
  }

  async lost(): Promise<void> {
    this.losses.set(this.membership.incarnation, systemClock.monotonic());
  }

  rejoined(): void {
    this.rejoins += 1;
  }

  died(incarnations: readonly string[]): void {
    for (const incarnation of incarnations) {
      expect(this.deaths.has(incarnation)).toBe(false);
      this.deaths.set(incarnation, systemClock.monotonic());
    }
  }

  get id(): string {
    return this.membership.incarnation;
  }
}

const soon = { timeout: 8000, interval: 10 };

describe('members in PostgreSQL', () => {
  let server: PostgresServer;
  let url: string;
  let nodes: Node[];
  let admin: pg.Pool;

  beforeAll(async () => {
    server = await PostgresServer.start();
  }, 400_000);
  afterAll(() => server[Symbol.asyncDispose]());

  beforeEach(async () => {
    url = await server.createDatabase();
    nodes = [];
    admin = new pg.Pool({ connectionString: url, max: 1 });
    admin.on('error', () => {}); // some tests restart the server
  });
  afterEach(async () => {
    for (const node of nodes) node.link.restore();
    for (const node of nodes) await node.membership[Symbol.asyncDispose]();
    for (const node of nodes) await node.link[Symbol.asyncDispose]();
    await admin.end();
    for (const node of nodes) expect(node.errors).toEqual([]);
  });

  async function join(count: number, lease = leaseMs): Promise<Node[]> {
    const joined: Node[] = [];
    for (let n = 0; n < count; n += 1) {
      const node = new Node(await Link.to(url), lease);
      nodes.push(node);
      joined.push(node);
      await node.membership.start(node);
    }
    const ids = joined.map((node) => node.id).sort();
    for (const { membership } of joined) {
      await expect.poll(() => [...membership.living()].sort(), soon).toEqual(ids);
    }
    return joined;
  }

  async function pair(): Promise<[Node, Node]> {
    const [one, other] = await join(2);
    if (one === undefined || other === undefined) throw new Error('There are not two nodes.');
    return [one, other];
  }

  /** Until then nobody is declared dead. */
  async function databaseOlderThanLease(): Promise<void> {
    const age = async () => {
      const { rows } = await admin.query<{ age: number }>(
        'SELECT (extract(epoch FROM clock_timestamp() - pg_postmaster_start_time()) * 1000)::float8 AS age',
      );
      return rows[0]?.age;
    };
    await expect.poll(age, soon).toBeGreaterThan(leaseMs + 50);
  }

  it('see each other, hold their leases, and know who is dead', async () => {
    const all = await join(3);
    for (const { id, membership } of all) {
      expect(membership.holdsLease()).toBe(true);
      expect(membership.living()).toContain(id);
      for (const other of all) expect(await membership.isDead(other.id)).toBe(false);
      expect(await membership.isDead('never seen')).toBe(true);
    }
    const [first] = all;
    expect(await first?.membership.nodes()).toMatchObject(
      all.map(({ id }) => ({ incarnation: id, url: 'http://node', live: true, draining: false, load: 0 })),
    );
  });

  it('know the least loaded of the willing first, and a draining one at once', async () => {
    const [one, other] = await pair();
    one.busy = 7;
    other.busy = 3;
    for (const { membership } of [one, other]) {
      await expect.poll(() => membership.willing(), soon).toEqual([other.id, one.id]);
    }
    await other.membership.drain();
    expect(other.membership.willing()).toEqual([one.id]);
    await expect.poll(() => one.membership.willing(), soon).toEqual([one.id]);
    expect(one.membership.living()).toContain(other.id);
    const draining = (await one.membership.nodes()).filter((node) => node.draining);
    expect(draining.map((node) => node.incarnation)).toEqual([other.id]);
  });

  it('keep each other for longer than a lease', async () => {
    const [one, other] = await pair();
    const ages = async () => {
      const { rows } = await admin.query<{ ok: boolean }>(
        `SELECT bool_and(heard_at - started_at > interval '${leaseMs * 1.5} milliseconds') AS ok FROM node`,
      );
      return rows[0]?.ok;
    };
    await expect.poll(ages, soon).toBe(true);
    for (const node of [one, other]) {
      expect(node.membership.holdsLease()).toBe(true);
      expect([node.deaths.size, node.losses.size, node.warnings]).toEqual([0, 0, []]);
    }
  });

  it('see at once that another has ended in order', async () => {
    const [one, other] = await pair();
    await other.membership[Symbol.asyncDispose]();
    await expect.poll(() => one.deaths.has(other.id), soon).toBe(true);
    expect(one.membership.living()).toEqual([one.id]);
    expect(await one.membership.isDead(other.id)).toBe(true);
    expect(await one.membership.nodes()).toMatchObject([
      { live: true },
      { incarnation: other.id, live: false },
    ]);
  });

  it('notice within a second that a connection is gone for good, and let its node join anew', async () => {
    const [one, other] = await pair();
    await databaseOlderThanLease();
    const former = other.id;
    const cutAt = systemClock.monotonic();
    other.link.cut();
    await expect.poll(() => other.membership.holdsLease(), soon).toBe(false);
    await expect.poll(() => one.deaths.has(former), soon).toBe(true);
    const took = (one.deaths.get(former) ?? 0) - cutAt;
    expect(took).toBeGreaterThan(350);
    expect(took).toBeLessThan(1000);
    expect(one.warnings).toEqual([expect.stringContaining(`${former} (its process has ended)`)]);
    expect((other.losses.get(former) ?? 0) - cutAt).toBeLessThan(400);
    other.link.restore();
    await expect.poll(() => other.rejoins, soon).toBe(1);
    expect(other.id).not.toBe(former);
    expect(other.membership.holdsLease()).toBe(true);
    expect(await other.membership.isDead(former)).toBe(true);
    await expect.poll(() => one.membership.living(), soon).toEqual([one.id, other.id]);
  });

  /**
   * `hasReturned`: whether the node has its lock again. A busy machine may be too slow for it; then the node has joined
   * anew, as it must, and may show it once more.
   */
  async function goesOn(node: Node, breakIt: () => Promise<() => unknown>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const [id, losses, rejoins] = [node.id, node.losses.size, node.rejoins];
      const hasReturned = await breakIt();
      await expect.poll(hasReturned, soon).toBe(true);
      if (node.losses.size > losses && tries < 5) {
        await expect.poll(() => node.rejoins, soon).toBe(rejoins + 1);
        continue;
      }
      expect([node.id, node.losses.size]).toEqual([id, losses]);
      expect(await node.membership.mayAct()).toBe(true);
      return;
    }
  }

  it('go on where all connections broke for a moment', async () => {
    const [one, other] = await pair();
    await databaseOlderThanLease();
    const returns = () =>
      other.warnings.filter((warning) => warning === 'The database answers again.').length;
    await goesOn(other, async () => {
      const before = returns();
      other.link.breakAll();
      return () => returns() > before;
    });
    expect(one.deaths.has(other.id)).toBe(false);
  });

  it('take their lock again from a session of theirs that the database still believes in', async () => {
    const [, other] = await pair();
    const held = async () => {
      const { rows } = await admin.query<{ pid: number }>(
        `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
           AND (classid::bigint << 32) | objid::bigint = hashtextextended($1, 0)`,
        [other.id],
      );
      return rows.map((row) => row.pid);
    };
    await goesOn(other, async () => {
      const [before] = await held();
      await admin.query('SELECT pg_terminate_backend($1)', [before]);
      return async () => {
        const [now] = await held();
        return now !== undefined && now !== before;
      };
    });
    expect(await held()).toHaveLength(1);
  });

  it('stop before their lease ends when nothing passes any more, and are dead only after it', async () => {
    const [one, other] = await pair();
    await databaseOlderThanLease();
    const former = other.id;
    const heldAt = systemClock.monotonic();
    other.link.hold();
    await expect.poll(() => one.deaths.has(former), soon).toBe(true);
    const [lostAt, diedAt] = [other.losses.get(former) ?? Infinity, one.deaths.get(former) ?? 0];
    expect(lostAt).toBeLessThan(diedAt);
    expect(lostAt - heldAt).toBeLessThan(leaseMs * 0.8);
    expect(diedAt - heldAt).toBeLessThan(leaseMs + 700);
    expect(one.warnings).toEqual([expect.stringContaining('its lease has ended')]);
    other.link.restore();
    await expect.poll(() => other.rejoins, soon).toBe(1);
    expect(other.id).not.toBe(former);
  });

  it('never revive a dead row: its node ends its loops and joins under another incarnation', async () => {
    const [one, other] = await pair();
    const former = other.id;
    await admin.query('UPDATE node SET dead_at = clock_timestamp() WHERE incarnation = $1', [former]);
    await expect.poll(() => other.rejoins, soon).toBe(1);
    expect([...other.losses.keys()]).toEqual([former]);
    expect(other.id).not.toBe(former);
    await expect.poll(() => one.membership.living(), soon).toEqual([one.id, other.id]);
    expect([...one.deaths.keys()]).toEqual([former]);
    const { rows } = await admin.query('SELECT incarnation FROM node WHERE dead_at IS NOT NULL');
    expect(rows).toEqual([{ incarnation: former }]);
  });

  it.each(['fast', 'immediate'] as const)(
    'are killed by no restart of the database (%s): who is dead has given up before',
    async (how) => {
      const all = await join(3);
      await databaseOlderThanLease();
      await admin.query('CHECKPOINT'); // it runs without fsync
      await server.stop(how);
      for (const { membership } of all) await expect.poll(() => membership.holdsLease(), soon).toBe(false);
      await server.start();
      for (const { membership } of all) await expect.poll(() => membership.holdsLease(), soon).toBe(true);
      const ids = all.map((node) => node.id).sort();
      for (const { membership } of all) {
        await expect.poll(() => [...membership.living()].sort(), soon).toEqual(ids);
      }
      const gaveUp = new Map(all.flatMap((node) => [...node.losses]));
      for (const node of all) {
        expect(node.warnings.filter((warning) => warning.startsWith('Dead'))).toEqual([]);
        for (const [dead, at] of node.deaths) expect(gaveUp.get(dead)).toBeLessThan(at);
      }
    },
  );

  it('cannot start without a database', async () => {
    const node = new Node(await Link.to(url));
    nodes.push(node);
    node.link.cut();
    await expect(node.membership.start(node)).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  describe('the identity of a cluster', () => {
    it('is made once, however many begin', async () => {
      const secretKey = new Uint8Array(32).fill(1);
      const all = await Promise.all([1, 2, 3, 4].map(() => openClusterIdentity({ url, secretKey })));
      expect(all[0]?.id).toMatch(/^[0-9a-f]{32}$/);
      expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    });

    it('refuses a node with another secret key', async () => {
      await openClusterIdentity({ url, secretKey: new Uint8Array(32).fill(1) });
      const other = openClusterIdentity({ url, secretKey: new Uint8Array(32).fill(2) });
      await expect(other).rejects.toMatchObject({ code: 'invalid_config' });
    });

    it('needs the database', async () => {
      await using link = await Link.to(url);
      link.cut();
      const opened = openClusterIdentity({ url: link.url, secretKey: new Uint8Array(32) });
      await expect(opened).rejects.toMatchObject({ code: 'store_unavailable' });
    });
  });
});
