/**
 * `PresenceEntries` in Redis, under `convene:<cluster id>:`
 *
 *   s:<sid>            hash: connection id → incarnation, a space, user id
 *   u:<user id>        hash: connection id → incarnation, a space, sid
 *   n:<incarnation>    hash: connection id → JSON [sid, user id]
 *   ready:<incarnation>  `yes` while that node is in contact and has told all its connections, `no` while it tells them
 *   nodes              set of the incarnations that have told of any connection
 *   sweep:<incarnation>  held by the node that removes what that dead one has left
 *
 * Null and false mean that Redis did not answer, as `RedisConnection.ask` has it.
 */
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Connection } from './presence.ts';
import {
  batchSize,
  type Entry,
  type OwnState,
  type PresenceEntries,
  readyMs,
  type Viewers,
} from './presence-entries.ts';
import { RedisConnection } from './redis-connection.ts';

export interface RedisPresenceEntriesOptions {
  readonly url: string;
  readonly clusterId: string;
  readonly clock: Clock;
  /** Told when Redis goes and comes. */
  readonly onWarning: (message: string) => void;
}

/** Longer than telling takes: a `no` need not end before it becomes a `yes`. */
const tellingMs = 600_000;
const sweepMs = 30_000;

/**
 * Removes entries of one incarnation: ARGV has the incarnation, a space, and then connection ids; KEYS the node's hash
 * and then two hashes for each connection. Who has joined under another incarnation since stays there.
 */
const removeScript = `
  for i = 2, #ARGV do
    for k = 2 * i - 2, 2 * i - 1 do
      local value = redis.call('HGET', KEYS[k], ARGV[i])
      if value and string.sub(value, 1, #ARGV[1]) == ARGV[1] then redis.call('HDEL', KEYS[k], ARGV[i]) end
    end
    redis.call('HDEL', KEYS[1], ARGV[i])
  end
  return 1`;

const nodeValue = z.tuple([z.string(), z.string()]);

export class RedisPresenceEntries implements PresenceEntries {
  readonly #connection: RedisConnection;
  readonly #prefix: string;
  #onConnected: () => void = () => {};

  constructor({ clusterId, ...options }: RedisPresenceEntriesOptions) {
    const onConnected = (): void => this.#onConnected();
    this.#connection = new RedisConnection({ ...options, purpose: 'presence', onConnected });
    this.#prefix = `convene:${clusterId}:`;
  }

  /** Throws `invalid_config` for what is no URL of Redis. */
  start(onConnected: () => void): Promise<void> {
    this.#onConnected = onConnected;
    return this.#connection.start();
  }

  async put(
    incarnation: string,
    connections: readonly Connection[],
    replaced?: Connection,
  ): Promise<boolean> {
    if (connections.length === 0) return true;
    const done = await this.#connection.ask(async (client) => {
      const multi = client.multi().sAdd(this.#key('nodes'), incarnation);
      if (replaced !== undefined) {
        multi.hDel(this.#key('s', replaced.sid), replaced.connectionId);
        multi.hDel(this.#key('u', replaced.userId), replaced.connectionId);
      }
      for (const { connectionId, sid, userId } of connections) {
        multi.hSet(this.#key('s', sid), connectionId, `${incarnation} ${userId}`);
        multi.hSet(this.#key('u', userId), connectionId, `${incarnation} ${sid}`);
        multi.hSet(this.#key('n', incarnation), connectionId, JSON.stringify([sid, userId]));
      }
      await multi.exec();
      return true;
    });
    return done ?? false;
  }

  async remove(incarnation: string, connections: readonly Connection[]): Promise<boolean> {
    if (connections.length === 0) return true;
    const keys = connections.flatMap(({ sid, userId }) => [this.#key('s', sid), this.#key('u', userId)]);
    const done = await this.#connection.ask((client) =>
      client.eval(removeScript, {
        keys: [this.#key('n', incarnation), ...keys],
        arguments: [`${incarnation} `, ...connections.map(({ connectionId }) => connectionId)],
      }),
    );
    return done !== null;
  }

  async scan(
    incarnation: string,
    take: (batch: readonly Connection[]) => boolean | Promise<boolean>,
  ): Promise<boolean> {
    let cursor = '0';
    do {
      const from = cursor;
      const page = await this.#connection.ask((client) =>
        client.hScan(this.#key('n', incarnation), from, { COUNT: batchSize }),
      );
      if (page === null) return false;
      const connections = page.entries.map(({ field, value }) => connectionOf(field, value));
      if (!(await take(connections.filter((connection) => connection !== null)))) return false;
      cursor = page.cursor;
    } while (cursor !== '0');
    return true;
  }

  async ofUser(userId: string): Promise<Entry[] | null> {
    const found = await this.#connection.ask((client) => client.hGetAll(this.#key('u', userId)));
    if (found === null) return null;
    return Object.entries(found).map(([connectionId, value]) => {
      const [incarnation, sid] = split(value);
      return { connectionId, sid, userId, incarnation };
    });
  }

  async ofSids(sids: readonly string[]): Promise<Entry[] | null> {
    const entries: Entry[] = [];
    for (let from = 0; from < sids.length; from += batchSize) {
      const some = sids.slice(from, from + batchSize);
      const found = await this.#connection.ask((client) =>
        Promise.all(some.map(async (sid) => ({ sid, values: await client.hGetAll(this.#key('s', sid)) }))),
      );
      if (found === null) return null;
      for (const { sid, values } of found) {
        for (const [connectionId, value] of Object.entries(values)) {
          const [incarnation, userId] = split(value);
          entries.push({ connectionId, sid, userId, incarnation });
        }
      }
    }
    return entries;
  }

  async ofNode(incarnation: string): Promise<Entry[] | null> {
    const entries = new Map<string, Entry>();
    const all = await this.scan(incarnation, (batch) => {
      for (const connection of batch) entries.set(connection.connectionId, { ...connection, incarnation });
      return true;
    });
    return all ? [...entries.values()] : null;
  }

  async viewers(sid: string, nodes: readonly string[]): Promise<Viewers | null> {
    const found = await this.#connection.ask((client) =>
      client
        .multi()
        .hVals(this.#key('s', sid))
        .mGet(nodes.map((incarnation) => this.#key('ready', incarnation)))
        .execTyped(),
    );
    if (found === null) return null;
    const [values, ready] = found;
    return {
      incarnations: values.map((value) => split(value)[0]),
      complete: ready.every((value) => value === 'yes'),
    };
  }

  async beginTelling(incarnation: string): Promise<boolean> {
    const done = await this.#connection.ask((client) =>
      client.set(this.#key('ready', incarnation), 'no', { expiration: { type: 'PX', value: tellingMs } }),
    );
    return done !== null;
  }

  async endTelling(incarnation: string): Promise<void> {
    await this.#connection.ask((client) =>
      client.set(this.#key('ready', incarnation), 'yes', {
        condition: 'XX',
        expiration: { type: 'PX', value: readyMs },
      }),
    );
  }

  async keepReady(incarnation: string): Promise<OwnState | null> {
    const ready = this.#key('ready', incarnation);
    const found = await this.#connection.ask((client) =>
      client.multi().get(ready).pExpire(ready, readyMs).hLen(this.#key('n', incarnation)).execTyped(),
    );
    return found === null ? null : { ready: found[0] === 'yes', count: found[2] };
  }

  nodes(): Promise<string[] | null> {
    return this.#connection.ask((client) => client.sMembers(this.#key('nodes')));
  }

  async maySweep(incarnation: string): Promise<boolean> {
    const taken = await this.#connection.ask((client) =>
      client.set(this.#key('sweep', incarnation), '1', {
        condition: 'NX',
        expiration: { type: 'PX', value: sweepMs },
      }),
    );
    return taken === 'OK';
  }

  async removeNode(incarnation: string): Promise<void> {
    if (!(await this.scan(incarnation, (batch) => this.remove(incarnation, batch)))) return;
    await this.#connection.ask((client) =>
      client
        .multi()
        .del([this.#key('n', incarnation), this.#key('ready', incarnation)])
        .sRem(this.#key('nodes'), incarnation)
        .exec(),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection[Symbol.asyncDispose]();
  }

  #key(...parts: readonly string[]): string {
    return this.#prefix + parts.join(':');
  }
}

/** An incarnation has no space; what follows it may. */
function split(value: string): [incarnation: string, rest: string] {
  const space = value.indexOf(' ');
  return [value.slice(0, space), value.slice(space + 1)];
}

/** Null for what no version of Convene has written. */
function connectionOf(connectionId: string, value: string): Connection | null {
  try {
    const [sid, userId] = nodeValue.parse(JSON.parse(value));
    return { connectionId, sid, userId };
  } catch {
    return null;
  }
}
