/**
 * The agent loops of this node: at most one for a conversation, started by a claim, found by conversation and by
 * user at a cost that follows the answer.
 *
 *   absent ──ensure──▶ starting (claiming) ──▶ running ──▶ ended ──▶ absent
 */
import type { AgentLoop } from '../agent/agent-loop.ts';
import type { LoopEnd } from '../agent/loop-writer.ts';
import type { Membership } from '../cluster/membership.ts';
import { ConveneError } from '../errors.ts';
import type { ConversationRecord, EventStore } from '../store/event-store.ts';

export interface LoopsOptions {
  readonly store: EventStore;
  readonly membership: Membership;
  /** Makes the loop of a conversation that this node has just claimed. */
  readonly create: (conversation: ConversationRecord) => AgentLoop | Promise<AgentLoop>;
  /** This node has claimed the conversation, from a dead owner where it had one. */
  readonly onClaim: (sid: string, dead: string | null) => void;
  /** A loop has ended and is not among these any more. */
  readonly onEnd: (loop: AgentLoop, end: LoopEnd) => void;
}

export class Loops {
  readonly #options: LoopsOptions;
  readonly #running = new Map<string, AgentLoop>();
  readonly #starting = new Map<string, Promise<AgentLoop | null>>();
  readonly #failed = new Set<string>();
  readonly #byUser = new Map<string, Set<string>>();
  #accepting = true;

  constructor(options: LoopsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#running.size;
  }

  get(sid: string): AgentLoop | undefined {
    return this.#running.get(sid);
  }

  has(sid: string): boolean {
    return this.#running.has(sid) || this.#starting.has(sid);
  }

  all(): IterableIterator<AgentLoop> {
    return this.#running.values();
  }

  /** Those of this user, and of these conversations only; left out, a condition does not count. */
  select(userId?: string, filterToSids?: ReadonlySet<string>): AgentLoop[] {
    if (userId === undefined && filterToSids === undefined) return [...this.#running.values()];
    const sids = filterToSids ?? this.#byUser.get(userId ?? '') ?? [];
    return [...sids].flatMap((sid) => {
      const loop = this.#running.get(sid);
      return loop === undefined || (userId !== undefined && loop.userId !== userId) ? [] : [loop];
    });
  }

  /**
   * The running loop of the conversation, started where there is none and it may be claimed; null where no loop is
   * wanted, another living node owns it, it is gone, or this node may be taken for dead. One that could not be started is in
   * `failed` until it is tried again.
   *
   * `from`: it is taken from this owner, whether that lives or not.
   */
  ensure(sid: string, from?: string): Promise<AgentLoop | null> {
    const running = this.#running.get(sid);
    if (running !== undefined) return Promise.resolve(running);
    const starting = this.#starting.get(sid);
    if (starting !== undefined) return starting;
    if (!this.#accepting) return Promise.reject(new ConveneError('draining'));
    if (!this.#options.membership.holdsLease()) {
      // A claim would be in the name of what this node is no longer when it has joined anew, and so its loop nobody's.
      this.#failed.add(sid);
      return Promise.resolve(null);
    }
    this.#failed.delete(sid);
    const begun = this.#start(sid, from)
      .catch((error: unknown) => {
        // A claim whose answer was lost may have made this node the owner: nobody else will start the loop then.
        this.#failed.add(sid);
        throw error;
      })
      .finally(() => this.#starting.delete(sid));
    this.#starting.set(sid, begun);
    return begun;
  }

  /** The conversations whose start failed, or had to wait for the lease, and was not tried again since. */
  get failed(): readonly string[] {
    return [...this.#failed];
  }

  /** Starts no more loops. Those that are being started are waited for. */
  async drain(): Promise<void> {
    this.#accepting = false;
    await Promise.allSettled(this.#starting.values());
  }

  /**
   * All loops of this node end at once and write nothing more, because others may take it for dead. Those that are being
   * started have been claimed by what this node was, and end too. Resolves when none is left.
   */
  async abandonAll(): Promise<void> {
    while (this.#starting.size > 0 || this.#running.size > 0) {
      for (const loop of this.#running.values()) loop.abandon('lease lost');
      await Promise.allSettled(this.#starting.values());
      const left = [...this.#running.values()];
      for (const loop of left) loop.abandon('lease lost');
      await Promise.all(left.map((loop) => loop.ended));
    }
  }

  async #start(sid: string, from: string | undefined): Promise<AgentLoop | null> {
    const conversation = await this.#claim(sid, from);
    if (conversation === null) return null;
    const loop = await this.#options.create(conversation);
    this.#running.set(sid, loop);
    const sids = this.#byUser.get(loop.userId) ?? new Set();
    this.#byUser.set(loop.userId, sids.add(sid));
    // `ended` never rejects.
    void loop.ended.then((end) => {
      this.#running.delete(sid);
      // Its lease may have been over for a moment only: then this node lives on, as the owner whom nobody else succeeds.
      const isLeft = !loop.released && (end === 'closed' || end === 'lease lost');
      if (end === 'failed' || isLeft) this.#failed.add(sid);
      sids.delete(sid);
      if (sids.size === 0 && this.#byUser.get(loop.userId) === sids) this.#byUser.delete(loop.userId);
      this.#options.onEnd(loop, end);
    });
    return loop;
  }

  async #claim(sid: string, from: string | undefined): Promise<ConversationRecord | null> {
    const { membership, onClaim, store } = this.#options;
    const first = await store.claim(sid, membership.incarnation, from === undefined ? [] : [from]);
    if (first.outcome === 'claimed') {
      onClaim(sid, null);
      return first.conversation;
    }
    if (first.outcome === 'missing' || first.owner === null) return null;
    if (!(await membership.isDead(first.owner))) return null;
    const second = await store.claim(sid, membership.incarnation, [first.owner]);
    if (second.outcome !== 'claimed') return null;
    onClaim(sid, first.owner);
    return second.conversation;
  }
}
