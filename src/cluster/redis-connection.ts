/**
 * One connection to Redis, which may be away at any time: what is asked then has no answer, and nothing is kept for
 * later. A Redis that does not answer within two seconds is taken for away, also where its connection stays.
 *
 *   new ──start──▶ away ⇄ connected
 *                  any ──dispose──▶ closed
 */
import { createClient, ErrorReply } from 'redis';
import { type Clock, delay } from '../clock.ts';
import { ConveneError } from '../errors.ts';
import { within } from './at-most.ts';
import { Rounds } from './rounds.ts';
import { SeldomWarnings } from './seldom.ts';

export type RedisClient = ReturnType<typeof newClient>;

export interface RedisConnectionOptions {
  readonly url: string;
  readonly clock: Clock;
  /** What it is for, as warnings say it. */
  readonly purpose: string;
  /** Called each time Redis can be used, for the first time and again. It must not throw. */
  readonly onConnected: () => void;
  /** Told when Redis goes and comes, and what it refuses. */
  readonly onWarning: (message: string) => void;
}

const connectWithinMs = 3_000;
/** For the network's part of it. */
const reachWithinMs = 2_000;
const answerWithinMs = 2_000;
const pingEveryMs = 1_000;
const retryMinMs = 50;
const retryMaxMs = 1_000;

interface Session {
  readonly client: RedisClient;
  connect(): Promise<void>;
  /** Resolves when the connection is of no more use, with why. */
  readonly ended: Promise<unknown>;
  end(cause: unknown): void;
}

export class RedisConnection implements AsyncDisposable {
  readonly #options: RedisConnectionOptions;
  readonly #clock: Clock;
  readonly #warnings: SeldomWarnings;
  readonly #closing = new AbortController();
  #session: Session | null = null;
  #life: Promise<void> | null = null;
  #pings: Rounds | null = null;
  /** Whether the operator was told that Redis is away. */
  #toldAway = false;

  constructor(options: RedisConnectionOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#warnings = new SeldomWarnings(options.clock, options.onWarning);
  }

  get connected(): boolean {
    return this.#session !== null;
  }

  /**
   * Resolves when Redis is connected or a first try has failed, within three seconds. From then on it is tried again, at
   * least once a second. Throws `invalid_config` where the URL is none of Redis.
   */
  async start(): Promise<void> {
    if (this.#life !== null || this.#closing.signal.aborted) return;
    try {
      newClient(this.#options.url).destroy();
    } catch (cause) {
      throw new ConveneError('invalid_config', 'REDIS_URL is not the URL of a Redis.', { cause });
    }
    const tried = Promise.withResolvers<void>();
    this.#life = this.#live(tried.resolve);
    this.#pings = new Rounds(this.#clock, pingEveryMs, async () => {
      await this.ask((client) => client.ping());
    });
    await tried.promise;
  }

  /**
   * What `task` answers; null where Redis is away, does not answer in time, or refuses. Never throws. The commands of
   * `task` that are given before its first wait are sent in order with those of other calls.
   */
  async ask<T>(task: (client: RedisClient) => Promise<T>): Promise<T | null> {
    const session = this.#session;
    if (session === null) return null;
    try {
      return await answered(this.#clock, answerWithinMs, task(session.client));
    } catch (error) {
      if (error instanceof ErrorReply) {
        this.#warnings.warn(
          'refused',
          `Redis refused a command of the ${this.#options.purpose}: ${textOf(error)}`,
        );
      } else {
        session.end(error);
      }
      return null;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new ConveneError('draining'));
    this.#session?.end(null);
    await this.#pings?.stop();
    await this.#life;
  }

  async #live(tried: () => void): Promise<void> {
    let retryMs = retryMinMs;
    while (!this.#closing.signal.aborted) {
      const session = await this.#connect();
      if (session !== null) {
        retryMs = retryMinMs;
        this.#begin(session);
        tried();
        const cause = await session.ended;
        this.#session = null;
        this.#tellAway(cause);
      }
      tried();
      await this.#pause(retryMs);
      retryMs = Math.min(retryMs * 2, retryMaxMs);
    }
  }

  #begin(session: Session): void {
    this.#session = session;
    if (this.#toldAway) this.#options.onWarning(`Redis is back for the ${this.#options.purpose}.`);
    this.#toldAway = false;
    this.#options.onConnected();
  }

  /** Null where that fails. */
  async #connect(): Promise<Session | null> {
    const session = newSession(newClient(this.#options.url));
    const close = (): void => session.end(null);
    this.#closing.signal.addEventListener('abort', close, { once: true });
    try {
      await answered(this.#clock, connectWithinMs, Promise.race([session.connect(), session.ended]));
      if (session.client.isReady && !this.#closing.signal.aborted) return session;
    } catch (error) {
      this.#tellAway(error);
    } finally {
      this.#closing.signal.removeEventListener('abort', close);
    }
    session.end(null);
    return null;
  }

  #tellAway(cause: unknown): void {
    if (this.#toldAway || this.#closing.signal.aborted) return;
    this.#toldAway = true;
    this.#options.onWarning(`Redis is away for the ${this.#options.purpose}. ${textOf(cause)}`);
  }

  async #pause(ms: number): Promise<void> {
    try {
      await delay(this.#clock, ms, this.#closing.signal);
    } catch {
      // it is closed, as its caller sees
    }
  }
}

function newClient(url: string) {
  return createClient({
    url,
    // Each connection is a client of its own: one that hangs is given up, and what was asked of it is not sent later.
    socket: { reconnectStrategy: false, connectTimeout: reachWithinMs },
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
  });
}

function newSession(client: RedisClient): Session {
  const ended = Promise.withResolvers<unknown>();
  let over = false;
  const end = (cause: unknown): void => {
    over = true;
    client.destroy();
    ended.resolve(cause);
  };
  client.on('error', end);
  return {
    client,
    async connect() {
      await client.connect();
      if (over) client.destroy(); // given up meanwhile, it has connected all the same
    },
    ended: ended.promise,
    end,
  };
}

/** What `work` comes to. Throws where that takes longer than `ms`. */
function answered<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  return within(clock, ms, work, () => {
    throw new Error(`There was no answer within ${ms} ms.`);
  });
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Where several addresses were tried, only their errors say what happened.
  const { message } =
    error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  return message;
}
