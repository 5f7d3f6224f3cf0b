/**
 * The port `Membership`: which nodes live, and whether this one still may act. A node lives under an incarnation, and a
 * dead one never returns: a process that has lost its lease ends its loops, and joins anew under another one.
 *
 *   new ──start──▶ member ──(lease lost)──▶ lost ──(its loops have ended)──▶ member, as another incarnation
 *                  any ──dispose──▶ gone
 */
import type { Clock } from '../clock.ts';

/** A node as everybody sees it. */
export interface NodeInfo {
  readonly incarnation: string;
  /** Where it answers HTTP; null where it has not said. */
  readonly url: string | null;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** How long ago it was last heard of, in ms. */
  readonly heardMsAgo: number;
  readonly live: boolean;
  readonly draining: boolean;
  /** How many loops it runs. */
  readonly load: number;
}

/** Who wants to know what happens to the members, and tells how busy this one is. */
export interface MembershipListener {
  /** How many loops run here now. */
  load(): number;
  /**
   * This node may be taken for dead: its loops end at once and write nothing more. It joins anew when the answer
   * resolves.
   */
  lost(): Promise<void>;
  /** This node has joined under another incarnation than before. */
  rejoined(): void;
  /** Others have died: what they owned is free. */
  died(incarnations: readonly string[]): void;
}

export interface Membership extends AsyncDisposable {
  /** This node's incarnation. Another one after each `rejoined`. */
  readonly incarnation: string;
  /** Resolves when this node is a member. Throws `store_unavailable` where that can't be had. */
  start(listener: MembershipListener): Promise<void>;
  /** Whether this node's lease lasts. Where it does not, another one may have taken over. */
  holdsLease(): boolean;
  /**
   * Asked right before each effect: false means that another node may have taken over. A promise where this node has not
   * seen for a moment that it lives, and has to look; it never rejects.
   */
  mayAct(): boolean | Promise<boolean>;
  /** Whether that incarnation is dead for certain. */
  isDead(incarnation: string): Promise<boolean>;
  /** Incarnations that are known to live, this one among them. */
  living(): readonly string[];
  /** Those of the living that take conversations on: they do not drain. The least loaded first. */
  willing(): readonly string[];
  /** Tells all that this node takes nothing more on. */
  drain(): Promise<void>;
  /** All nodes that live, and those that died lately. */
  nodes(): Promise<readonly NodeInfo[]>;
}

/** One process that holds its data folder alone: it lives, and whoever else ever owned something is dead. */
export class SoleMembership implements Membership {
  readonly incarnation: string;
  readonly #url: () => string | null;
  readonly #startedAt: number;
  #load: () => number = () => 0;
  #draining = false;

  constructor(clock: Clock, url: () => string | null = () => null) {
    this.incarnation = clock.id();
    this.#url = url;
    this.#startedAt = clock.now();
  }

  async start(listener: MembershipListener): Promise<void> {
    this.#load = () => listener.load();
  }

  holdsLease(): boolean {
    return true;
  }

  mayAct(): boolean {
    return true;
  }

  async isDead(incarnation: string): Promise<boolean> {
    return incarnation !== this.incarnation;
  }

  living(): readonly string[] {
    return [this.incarnation];
  }

  willing(): readonly string[] {
    return this.#draining ? [] : [this.incarnation];
  }

  async drain(): Promise<void> {
    this.#draining = true;
  }

  async nodes(): Promise<readonly NodeInfo[]> {
    return [
      {
        incarnation: this.incarnation,
        url: this.#url(),
        startedAt: this.#startedAt,
        heardMsAgo: 0,
        live: true,
        draining: this.#draining,
        load: this.#load(),
      },
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
