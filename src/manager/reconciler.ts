/**
 * Sees to it that what should run does run. The log says what that is (`desired`, `due`); this compares it with what
 * runs: at the start, when a loop ends, and every now and then. So whatever is lost in between is found again.
 */
import type { AgentLoop } from '../agent/agent-loop.ts';
import type { LoopEnd } from '../agent/loop-writer.ts';
import { type Cancel, type Clock, delay } from '../clock.ts';
import { chosenNode } from '../cluster/chosen-node.ts';
import { Coalesced } from '../cluster/coalesced.ts';
import type { Membership } from '../cluster/membership.ts';
import type { ConversationRecord, EventStore } from '../store/event-store.ts';
import type { Background } from './background.ts';
import type { Loops } from './loops.ts';
import type { Places } from './places.ts';
import { Repeated } from './repeated.ts';

export interface ReconcilerOptions {
  readonly clock: Clock;
  readonly store: EventStore;
  readonly membership: Membership;
  readonly loops: Loops;
  readonly places: Places;
  readonly background: Background;
  /** How often it looks, in ms. @default 5000 */
  readonly reconcileMs?: number;
  readonly isServing: () => boolean;
  readonly onError: (error: unknown, what: string) => void;
}

/** How many loops are opened at a time when there is much to pick up. */
const OPEN_AT_ONCE = 16;
/** By so much later each node comes that is more loaded than another one, in ms; and how often that counts. */
const RANK_MS = 50;
const MOST_RANKS = 5;
/** So long the node that is to start it has it to itself, in ms. */
const ALONE_MS = 250;

export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #rounds: Repeated;
  /** Rounds out of their turn. */
  readonly #wakes = new Coalesced(async () => {
    if (this.#options.isServing()) await this.#reconcile();
  });
  /** A round in a moment: what was left to another node should run there by then. */
  #later: Cancel | null = null;
  /** Let go of by others, and to be started here. */
  readonly #toTakeUp = new Set<string>();
  #takingUp = 0;

  constructor(options: ReconcilerOptions) {
    const { background, clock, reconcileMs = 5_000 } = options;
    this.#options = options;
    this.#rounds = new Repeated({
      clock,
      background,
      everyMs: reconcileMs,
      what: 'reconcile',
      task: () => this.#reconcile(),
    });
  }

  /** Resolves after the first round. */
  async start(): Promise<void> {
    await this.#reconcile();
    this.#rounds.start();
  }

  stop(): void {
    this.#rounds.stop();
    this.#later?.();
    this.#toTakeUp.clear();
  }

  /** A round as soon as can be: something may be free. Asked for during one, there is another one after it. */
  wake(): void {
    const { background, isServing } = this.#options;
    if (isServing() && !this.#wakes.again()) background.run('reconcile', () => this.#wakes.run());
  }

  /**
   * Starts the loop behind the caller's back, where it does not run and `owner` is not another node that lives. What
   * fails here is picked up by the next round.
   */
  startSoon(sid: string, owner: string | null): void {
    const { background, isServing, loops, membership } = this.#options;
    const runsElsewhere =
      owner !== null && owner !== membership.incarnation && membership.living().includes(owner);
    if (isServing() && !loops.has(sid) && !runsElsewhere)
      background.run(`start of ${sid}`, () => loops.ensure(sid));
  }

  /** Who should take this conversation up, which this node lets go: one of the less loaded. Null where nobody can. */
  successor(sid: string): string | null {
    const willing = this.#options.membership.willing();
    return chosenNode(sid, willing.slice(0, Math.max(2, Math.ceil(willing.length / 2))));
  }

  /** Another node has let it go before all was done, and has chosen who takes it up at once; the others look later. */
  takeUp(sid: string, chosen: string | null): void {
    const { isServing, membership } = this.#options;
    if (!isServing()) return;
    if (chosen === membership.incarnation) {
      this.#toTakeUp.add(sid);
      this.#takeUpNext();
    } else {
      this.#wakeLater();
    }
  }

  loopEnded(loop: AgentLoop, end: LoopEnd): void {
    const { background, isServing, loops, places, store } = this.#options;
    if (!isServing() || end !== 'closed') return;
    background.run(`end of ${loop.sid}`, async () => {
      // A user may have acted while it ended.
      const record = await store.conversation(loop.sid);
      if (record?.desired === 'running') await loops.ensure(loop.sid);
      await places.fill(loop.userId);
    });
  }

  /** Starts what should run, has something to do and is owned by nobody who lives, or waits for a place that is free. */
  async #reconcile(): Promise<void> {
    const { loops, places } = this.#options;
    if (!this.#options.membership.holdsLease()) return;
    await Promise.allSettled(loops.failed.map((sid) => loops.ensure(sid)));
    await this.#startDue();
    await places.fillAll();
  }

  /** What is free goes to the least loaded: who is more loaded comes later, and finds what is left. */
  async #letOthersFirst(): Promise<void> {
    const { clock, membership } = this.#options;
    const willing = membership.willing();
    const rank = willing.indexOf(membership.incarnation);
    const before = rank === -1 ? willing.length : rank;
    if (before > 0) await delay(clock, Math.min(before, MOST_RANKS) * RANK_MS);
  }

  #takeUpNext(): void {
    const { background, loops } = this.#options;
    for (const sid of this.#toTakeUp) {
      if (this.#takingUp === OPEN_AT_ONCE) return;
      this.#toTakeUp.delete(sid);
      this.#takingUp += 1;
      background.run(`start of ${sid}`, async () => {
        try {
          await loops.ensure(sid);
        } finally {
          this.#takingUp -= 1;
          this.#takeUpNext();
        }
      });
    }
  }

  #wakeLater(): void {
    this.#later ??= this.#options.clock.after(ALONE_MS, () => {
      this.#later = null;
      this.wake();
    });
  }

  /** Another node, which was asked for it or has been chosen, is about to claim it. */
  #isAboutToStart({ owner, updatedAt }: ConversationRecord): boolean {
    const { clock, membership } = this.#options;
    if (owner !== null || membership.living().length === 1) return false;
    const age = clock.now() - updatedAt;
    return age >= 0 && age < ALONE_MS;
  }

  async #startDue(): Promise<void> {
    const { isServing, loops, membership, onError, store } = this.#options;
    const seen = new Set<string>();
    for (;;) {
      await this.#letOthersFirst();
      const due = await store.due({ living: membership.living(), limit: OPEN_AT_ONCE });
      const unseen = due.filter((record) => !seen.has(record.sid));
      const fresh = unseen.filter((record) => !this.#isAboutToStart(record));
      if (fresh.length < unseen.length) this.#wakeLater();
      if (fresh.length === 0 || !isServing()) return;
      const results = await Promise.allSettled(fresh.map((record) => loops.ensure(record.sid)));
      for (const [index, result] of results.entries()) {
        const sid = fresh[index]?.sid ?? '';
        seen.add(sid);
        if (result.status === 'rejected') onError(result.reason, `start of ${sid}`);
      }
    }
  }
}
