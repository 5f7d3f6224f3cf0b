/**
 * The port under `LeasedMembership`: what all nodes know of each other, kept in one place. A node has a row there, which
 * its heartbeats renew, and a lock, which is free as soon as its process has ended. All times are those of that place, and
 * every call throws `store_unavailable`.
 */
import type { NodeInfo } from './membership.ts';

/** What a node tells of itself. */
export interface NodeState {
  readonly incarnation: string;
  readonly url: string | null;
  readonly draining: boolean;
  readonly load: number;
}

/** A living node, as one look shows it. */
export interface LivingNode {
  readonly incarnation: string;
  readonly draining: boolean;
  readonly load: number;
}

/** What a heartbeat answers. */
export interface Beat {
  /** Whether this node's row lives, and now does for another lease. */
  readonly alive: boolean;
  readonly nodes: readonly LivingNode[];
}

/** A node, and its last sign of life. */
export interface HeardNode {
  readonly incarnation: string;
  /** When its newest heartbeat came, by the clock of the place, in ms since the epoch. */
  readonly heardAt: number;
}

export interface SeenNode extends LivingNode, HeardNode {
  /** Nobody holds its lock. */
  readonly free: boolean;
  /** Its lease has ended. */
  readonly expired: boolean;
}

export interface Look {
  /** How long the place has been running, in ms: its start frees all locks. */
  readonly databaseAgeMs: number;
  readonly nodes: readonly SeenNode[];
}

export interface TakenLock {
  /** Monotonic. */
  readonly takenAt: number;
  readonly held: boolean;
  /** Called where the registry says that nobody holds it. */
  takeForLost(): void;
  /** Frees it. Never fails. */
  release(): Promise<void>;
}

export interface TakeLockOptions {
  readonly incarnation: string;
  /** @default as long as any call may take */
  readonly withinMs?: number;
  /** Called once, when the lock is lost while it is held. */
  readonly onLost: () => void;
}

export interface NodeRegistry {
  /** Makes what it needs, where that is missing. */
  open(): Promise<void>;
  takeLock(options: TakeLockOptions): Promise<TakenLock>;
  /** @param before The incarnation under which this node lived before, if any: it is dead now. */
  join(node: NodeState, before: string | null): Promise<void>;
  /** Renews the lease of a node that lives. A node that drains does so until its end. */
  beat(node: NodeState): Promise<Beat>;
  look(): Promise<Look>;
  /**
   * Declares these dead if they still seem to be: their lease has ended, or their lock is free and no heartbeat has come
   * since; and the place has been running for longer than a lease. Answers those that this call has declared.
   */
  bury(nodes: readonly HeardNode[]): Promise<readonly string[]>;
  /** This node has ended, and says so itself. */
  leave(incarnation: string): Promise<void>;
  lives(incarnation: string): Promise<boolean>;
  /** All that live, and those that died lately. */
  nodes(): Promise<readonly NodeInfo[]>;
  /** Removes those that died more than a day ago. */
  prune(): Promise<void>;
  close(): Promise<void>;
}
