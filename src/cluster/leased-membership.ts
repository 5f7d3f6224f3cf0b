/**
 * `Membership` by leases. A node is a row in a registry, which its heartbeats renew while it lives, and a lock there, which
 * shows others at once that its process has ended.
 *
 *   new ──start──▶ member ⇄ member without its lock (300 ms at most) ──▶ lost ──▶ member, as another incarnation
 *                  any ──dispose──▶ gone
 *
 * A node is declared dead when its lease has ended or its lock has been free for 400 ms. Neither tells anything right
 * after the database was away: its start frees the locks of all, and nobody could send a heartbeat. So for one lease from
 * its start, or from when this node has it again, this node declares nobody dead.
 *
 * A process does not always hear that its lock is lost: the network may say nothing, it may stand still (paused, asleep,
 * held up), the answers to its looks may be late. So before anything takes effect, a look must have shown its lock that
 * was sent less than 300 ms ago: whoever held it then is alive for 400 ms. Where none has, it looks first (`mayAct`).
 */
import { type Clock, delay } from '../clock.ts';
import { ConveneError } from '../errors.ts';
import { FreeLocks } from './free-locks.ts';
import { KnownNodes } from './known-nodes.ts';
import { Lease, type Moment, passed } from './lease.ts';
import type { Membership, MembershipListener, NodeInfo } from './membership.ts';
import type { LivingNode, Look, NodeRegistry, NodeState, SeenNode, TakenLock } from './node-registry.ts';
import { Rounds } from './rounds.ts';

export interface LeasedMembershipOptions {
  readonly registry: NodeRegistry;
  readonly clock: Clock;
  /** Where this node answers HTTP, once that is known. */
  readonly nodeUrl: () => string | null;
  readonly leaseMs: number;
  /** Told what an operator should know: lost leases, deaths, a registry that is away. */
  readonly onWarning: (message: string) => void;
  /** Told what should not have happened: a listener that failed. */
  readonly onError: (error: unknown) => void;
}

const lookEveryMs = 150;
const relockWithinMs = 300;
const relockEveryMs = 25;
/** So long after this node's lock was held it can't have been declared dead for that. Others wait for 400 ms. */
const certainMs = 300;
/** A database that has not answered in time so often is slow. */
const lateAnswers = 5;
const rejoinEveryMs = 150;
const pruneEveryMs = 3_600_000;

export class LeasedMembership implements Membership {
  readonly #options: LeasedMembershipOptions;
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #registry: NodeRegistry;
  readonly #lease: Lease;
  readonly #freeLocks = new FreeLocks();
  readonly #ending = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #rounds: Rounds[] = [];
  #listener: MembershipListener | null = null;
  #state: 'new' | 'member' | 'lost' | 'gone' = 'new';
  #incarnation: string;
  #lock: TakenLock | null = null;
  #relocking = false;
  #draining = false;
  /** When the newest look was sent that has shown this node alive, with its lock. */
  #shownAt: Moment | null = null;
  #clarifying: Promise<void> | null = null;
  /** All but this one. */
  readonly #others = new KnownNodes();
  #inContact = true;
  /** Monotonic. */
  #regainedAt = -Infinity;

  constructor(options: LeasedMembershipOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#leaseMs = options.leaseMs;
    this.#registry = options.registry;
    this.#lease = new Lease(options.clock, this.#leaseMs);
    this.#incarnation = options.clock.id();
  }

  get incarnation(): string {
    return this.#incarnation;
  }

  async start(listener: MembershipListener): Promise<void> {
    this.#listener = listener;
    await this.#registry.open();
    await this.#join(this.#incarnation, null);
    this.#rounds = [
      new Rounds(this.#clock, this.#leaseMs / 6, () => this.#heartbeat()),
      new Rounds(this.#clock, lookEveryMs, () => this.#look()),
      new Rounds(this.#clock, lookEveryMs, async () => this.#endOldLease()),
      new Rounds(this.#clock, pruneEveryMs, () => this.#prune()),
    ];
  }

  holdsLease(): boolean {
    return this.#state === 'member' && !this.#lease.over;
  }

  /** Nobody can have declared this node dead for a lost lock. */
  get isCertain(): boolean {
    return this.#shownAt !== null && passed(this.#shownAt, this.#lease.moment()) < certainMs;
  }

  mayAct(): boolean | Promise<boolean> {
    if (this.#state !== 'member' || this.isCertain) return this.holdsLease();
    if (this.#clarifying === null) {
      this.#clarifying = this.#clarify();
      this.#inBackground(this.#clarifying);
    }
    return this.#clarifying.then(() => this.mayAct());
  }

  async isDead(incarnation: string): Promise<boolean> {
    return this.#others.isDead(incarnation) || !(await this.#registry.lives(incarnation));
  }

  living(): readonly string[] {
    return [this.#incarnation, ...this.#others.living.map((node) => node.incarnation)];
  }

  willing(): readonly string[] {
    return [this.#self(), ...this.#others.living]
      .filter((node) => !node.draining)
      .sort((one, other) => one.load - other.load || (one.incarnation < other.incarnation ? -1 : 1))
      .map((node) => node.incarnation);
  }

  async drain(): Promise<void> {
    this.#draining = true;
    if (this.#state === 'member') await this.#beat();
  }

  nodes(): Promise<readonly NodeInfo[]> {
    return this.#registry.nodes();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === 'gone') return;
    const joined = this.#state !== 'new';
    this.#state = 'gone';
    this.#ending.abort(new ConveneError('draining'));
    await Promise.all(this.#rounds.map((rounds) => rounds.stop()));
    await Promise.all(this.#underWay);
    try {
      if (joined) await this.#registry.leave(this.#incarnation);
    } catch (error) {
      this.#warn(`This node could not sign off; the others will see that it has ended. ${causeOf(error)}`);
    }
    await this.#lock?.release();
    await this.#registry.close();
  }

  #self(): NodeState {
    return {
      incarnation: this.#incarnation,
      url: this.#options.nodeUrl(),
      draining: this.#draining,
      load: this.#listener?.load() ?? 0,
    };
  }

  /** The lock comes first: a row whose lock is free is that of a dead node. */
  async #join(incarnation: string, before: string | null): Promise<void> {
    const lock = await this.#registry.takeLock({ incarnation, onLost: () => this.#lockLost() });
    try {
      const sent = this.#lease.moment();
      await this.#registry.join({ ...this.#self(), incarnation }, before);
      this.#lease.confirm(sent);
      const asked = this.#lease.moment();
      const { nodes } = await this.#registry.look();
      if (this.#state === 'gone') throw new ConveneError('draining');
      const own = nodes.find((node) => node.incarnation === incarnation);
      if (own?.free !== false || !lock.held) throw new ConveneError('store_unavailable');
      this.#incarnation = incarnation;
      this.#lock = lock;
      this.#state = 'member';
      this.#shownAt = asked;
      this.#learn(nodes, asked.monotonic);
    } catch (error) {
      this.#lease.end();
      await lock.release();
      throw error;
    }
  }

  async #heartbeat(): Promise<void> {
    if (this.#state !== 'member') return;
    try {
      await this.#beat();
      this.#reached();
    } catch (error) {
      this.#missed(error);
    }
  }

  async #beat(): Promise<void> {
    const sent = this.#lease.moment();
    const self = this.#self();
    const { alive, nodes } = await this.#registry.beat(self);
    if (self.incarnation !== this.#incarnation || this.#state !== 'member') return;
    if (!alive) {
      this.#lose('it has been declared dead');
      return;
    }
    this.#lease.confirm(sent);
    this.#learn(nodes, sent.monotonic);
  }

  async #look(): Promise<void> {
    if (this.#state !== 'member') return;
    try {
      const { databaseAgeMs, nodes, sent } = await this.#lookAtAll();
      await this.#declareDead(nodes, databaseAgeMs, sent.monotonic);
    } catch (error) {
      this.#missed(error);
    }
  }

  async #lookAtAll(): Promise<Look & { readonly sent: Moment }> {
    const incarnation = this.#incarnation;
    const sent = this.#lease.moment();
    const look = await this.#registry.look();
    this.#reached();
    this.#checkSelf(incarnation, look.nodes, sent);
    this.#learn(look.nodes, sent.monotonic);
    return { ...look, sent };
  }

  /** The network may have broken without a word to this side. `incarnation`: this node's when it asked. */
  #checkSelf(incarnation: string, nodes: readonly SeenNode[], sent: Moment): void {
    if (incarnation !== this.#incarnation || this.#state !== 'member') return;
    const own = nodes.find((node) => node.incarnation === incarnation);
    const lock = this.#lock;
    if (own === undefined) this.#lose('it has been declared dead');
    else if (!own.free && lock?.held === true) this.#shown(sent);
    else if (own.free && lock !== null && lock.takenAt < sent.monotonic) lock.takeForLost();
  }

  #shown(sent: Moment): void {
    if (this.#shownAt === null || sent.monotonic > this.#shownAt.monotonic) this.#shownAt = sent;
  }

  /** Until an answer has come in time. The end of the lease ends it. */
  async #clarify(): Promise<void> {
    let late = 0;
    while (this.#state === 'member' && !this.isCertain) {
      try {
        const { sent } = await this.#lookAtAll();
        if (passed(sent, this.#lease.moment()) >= certainMs) late += 1;
        if (late === lateAnswers)
          this.#warn(`The database takes more than ${certainMs} ms to answer: loops wait.`);
      } catch (error) {
        this.#missed(error);
      }
      if (this.#state === 'member' && !this.isCertain) await this.#pause(relockEveryMs);
    }
    this.#clarifying = null;
  }

  async #declareDead(nodes: readonly SeenNode[], databaseAgeMs: number, sentAt: number): Promise<void> {
    const now = this.#clock.monotonic();
    const others = nodes.filter((node) => node.incarnation !== this.#incarnation);
    const free = others.filter((node) => node.free);
    const freeForLong = this.#freeLocks.seen(free, sentAt, now);
    const seeming = others.filter((node) => node.expired || freeForLong.includes(node.incarnation));
    const tooEarly = databaseAgeMs <= this.#leaseMs || now - this.#regainedAt <= this.#leaseMs;
    if (seeming.length === 0 || tooEarly || !this.holdsLease()) return;
    const declared = await this.#registry.bury(seeming);
    if (declared.length === 0) return;
    this.#warn(`Dead: ${declared.map((one) => reasonOf(one, freeForLong)).join(', ')}.`);
    this.#tellDied(this.#others.bury(declared));
  }

  #learn(nodes: readonly LivingNode[], askedAt: number): void {
    const others = nodes.filter((node) => node.incarnation !== this.#incarnation);
    this.#tellDied(this.#others.learn(others, askedAt, this.#clock.monotonic()));
  }

  #tellDied(died: readonly string[]): void {
    if (died.length > 0) this.#tell((listener) => listener.died(died));
  }

  #lockLost(): void {
    if (this.#state !== 'member' || this.#relocking) return;
    this.#missed(new Error('The connection of the node lock broke off.'));
    this.#inBackground(this.#relock());
  }

  async #relock(): Promise<void> {
    this.#relocking = true;
    const lostAt = this.#lease.moment();
    try {
      await this.#lock?.release();
      const lock = await this.#lockAgain(lostAt);
      if (lock === null) {
        this.#lose('its lock was free for too long');
        return;
      }
      this.#lock = lock;
      this.#reached();
    } finally {
      this.#relocking = false;
    }
  }

  /** What it runs goes on for so long without the lock. A heartbeat tells the others that it was held again. */
  async #lockAgain(lostAt: Moment): Promise<TakenLock | null> {
    const leftMs = (): number => relockWithinMs - passed(lostAt, this.#lease.moment());
    for (let left = leftMs(); left > 0 && this.#state === 'member'; left = leftMs()) {
      let lock: TakenLock | null = null;
      try {
        const onLost = (): void => this.#lockLost();
        lock = await this.#registry.takeLock({ incarnation: this.#incarnation, withinMs: left, onLost });
        const sent = this.#lease.moment();
        await this.#beat();
        if (lock.held && this.#state === 'member' && leftMs() > 0) {
          this.#shown(sent);
          return lock;
        }
        await lock.release();
      } catch {
        // Told already: the database is out of reach.
        await lock?.release();
        await delay(this.#clock, relockEveryMs);
      }
    }
    return null;
  }

  #endOldLease(): void {
    if (this.#state === 'member' && this.#lease.over) this.#lose('no heartbeat was answered');
  }

  #lose(why: string): void {
    if (this.#state !== 'member') return;
    this.#state = 'lost';
    this.#lease.end();
    this.#shownAt = null;
    this.#warn(`This node has lost its lease: ${why}. Its loops end, and it joins anew.`);
    this.#inBackground(this.#rejoin());
  }

  async #rejoin(): Promise<void> {
    try {
      await this.#listener?.lost();
    } catch (error) {
      this.#options.onError(error);
    }
    await this.#lock?.release();
    this.#lock = null;
    const before = this.#incarnation;
    while (this.#state === 'lost') {
      try {
        await this.#join(this.#clock.id(), before);
      } catch (error) {
        this.#missed(error);
        await this.#pause(rejoinEveryMs);
      }
    }
    if (this.#state !== 'member') return;
    this.#reached();
    this.#others.bury([before]);
    this.#tell((listener) => listener.rejoined());
  }

  async #prune(): Promise<void> {
    try {
      await this.#registry.prune();
    } catch (error) {
      this.#missed(error);
    }
  }

  /** The database has answered. */
  #reached(): void {
    if (this.#inContact) return;
    this.#inContact = true;
    this.#regainedAt = this.#clock.monotonic();
    this.#warn('The database answers again.');
  }

  #missed(error: unknown): void {
    if (this.#state === 'gone' || !this.#inContact) return;
    this.#inContact = false;
    this.#warn(`The database does not answer: ${causeOf(error)}`);
  }

  /** Shorter where this node ends meanwhile. */
  async #pause(ms: number): Promise<void> {
    const ended = this.#ending.signal;
    await delay(this.#clock, ms, ended).catch((error: unknown) => {
      if (!ended.aborted) throw error;
    });
  }

  #tell(what: (listener: MembershipListener) => void): void {
    try {
      if (this.#listener !== null) what(this.#listener);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #warn(message: string): void {
    this.#options.onWarning(message);
  }

  #inBackground(work: Promise<void>): void {
    const watched = work
      .catch((error: unknown) => this.#options.onError(error))
      .finally(() => this.#underWay.delete(watched));
    this.#underWay.add(watched);
  }
}

function reasonOf(incarnation: string, freeForLong: readonly string[]): string {
  return `${incarnation} (${freeForLong.includes(incarnation) ? 'its process has ended' : 'its lease has ended'})`;
}

function causeOf(error: unknown): string {
  const cause = error instanceof ConveneError && error.cause !== undefined ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
