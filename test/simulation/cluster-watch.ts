/**
 * What must hold at every moment among several nodes, as an observer sees it who knows all of them at once: nobody is
 * declared dead who may still act, and nobody acts on what another one owns.
 */
import type { LeasedMembership } from '../../src/cluster/leased-membership.ts';
import type {
  AppendRequest,
  AppendResult,
  ClaimResult,
  ConversationRecord,
} from '../../src/store/event-store.ts';
import type { History } from './history.ts';
import type { NodeTable } from './node-table.ts';
import type { ProcessWatch, SimProcess } from './sim-process.ts';

/** A process of the cluster, as it is seen from outside. */
export interface Watched {
  readonly name: string;
  readonly process: SimProcess;
  readonly membership: LeasedMembership;
  /** It has been told to stop. */
  isDraining: boolean;
  /** Its manager has been disposed of. */
  isDisposed: boolean;
}

/** Somebody who watches a conversation by a process. */
export interface Viewer {
  readonly name: string;
  readonly sid: string;
  readonly at: Watched;
  /** In world time. */
  readonly since: number;
}

/** By design, a lock has been seen free for so long, without a heartbeat, before its node is declared dead. */
const LOCK_FREE_MS = 400;
/** So long it may take until all nodes know that somebody watches, or that they do not know. */
const PRESENCE_MS = 5_000;

export class ClusterWatch {
  readonly #history: History;
  readonly #table: () => NodeTable;
  readonly #lookMs: number;
  readonly #nodes = new Set<Watched>();
  readonly #viewers: () => readonly Viewer[];
  /** Closes under way, by conversation: what another node owns may be claimed for one. */
  readonly #closing = new Map<string, number>();
  /** Who was robbed by a close, as `sid/incarnation`: what it had under way may begin all the same. */
  readonly #robbed = new Set<string>();

  constructor(options: {
    readonly history: History;
    readonly table: () => NodeTable;
    readonly viewers: () => readonly Viewer[];
    /** Longest time that two looks at the table take. */
    readonly lookMs: number;
  }) {
    this.#history = options.history;
    this.#table = options.table;
    this.#viewers = options.viewers;
    this.#lookMs = options.lookMs;
  }

  add(node: Watched): void {
    this.#nodes.add(node);
    node.process.watch = this.#watchOf(node);
  }

  remove(node: Watched): void {
    this.#nodes.delete(node);
  }

  /** Looked at when it has just happened. */
  buried(incarnation: string): void {
    const lock = this.#table().lostLock(incarnation);
    if (lock !== null && !this.#table().hasExpired(incarnation)) {
      const { freeMs, heldMs } = lock;
      // What was held for less may have been overlooked between two looks.
      if (freeMs < LOCK_FREE_MS && heldMs > LOCK_FREE_MS + this.#lookMs) {
        this.#violation(`${incarnation} was declared dead, its lock was held until ${freeMs} ms before`);
      }
    }
    if (this.#table().hasJustStarted) {
      this.#violation(`${incarnation} was declared dead right after a start of the database`);
    }
    for (const { membership, name, process } of this.#nodes) {
      if (process.alive && membership.incarnation === incarnation && mayAct(membership)) {
        this.#violation(`${name} was declared dead while it might act`);
      }
    }
  }

  asked(process: SimProcess): void {
    for (const { membership, name, process: other } of this.#nodes) {
      if (other !== process || !process.alive || this.#table().lives(membership.incarnation)) continue;
      if (mayAct(membership)) this.#violation(`${name} might act though it is dead`);
    }
  }

  /** Its manager has been disposed of, and nothing has ever kept it from the store. */
  drained({ membership, name, process }: Watched): void {
    const { slow, unanswered, unavailable } = process.firstFaults;
    if (slow + unanswered + unavailable > 0) return;
    const left = this.#history.core.owned({ owners: [membership.incarnation] });
    for (const { sid } of left) this.#history.violation('I6', `${name} has ended and owns ${sid}`);
  }

  /** What comes of a close is looked at, unless its node has lost the lease or ends. */
  async closing(node: Watched, sid: string, close: () => Promise<void>): Promise<void> {
    const { core } = this.#history;
    const { incarnation } = node.membership;
    this.#closing.set(sid, (this.#closing.get(sid) ?? 0) + 1);
    const before = core.conversation(sid);
    try {
      await close();
    } finally {
      this.#closing.set(sid, (this.#closing.get(sid) ?? 0) - 1);
    }
    const after = core.conversation(sid);
    const isSame = node.membership.incarnation === incarnation && node.membership.holdsLease();
    if (after === null || !isSame || node.isDraining || after.epoch !== before?.epoch) return;
    // A user has acted after this close, and has been closed out by another one: that one is looked at.
    if ((this.#closing.get(sid) ?? 0) > 0) return;
    if (after.desired === 'stopped' && after.agentState !== 'stopped') {
      this.#history.violation(
        'close',
        `${sid} is ${after.agentState} after its close, by nobody but its owner`,
      );
    }
  }

  #watchOf(node: Watched): ProcessWatch {
    return {
      begins: (act) => {
        if (node.isDisposed) this.#history.violation('I6', `${node.name} begins ${act} after its end`);
      },
      appended: (request, result) => this.#appended(node, request, result),
      claimed: (sid, before, result) => this.#claimed(node, sid, before, result),
      steps: (sid) => this.#acts(node, `a step of ${sid}`),
      executes: (sid) => this.#executes(node, sid),
    };
  }

  #appended({ name }: Watched, request: AppendRequest, result: AppendResult): void {
    if (result.outcome !== 'appended') return;
    const { behind, epoch, set, sid } = request;
    // Closed by nobody's wish: a user's close is not bound to what stands before it.
    if (set?.desired !== 'stopped' || (epoch === undefined && behind === undefined)) return;
    for (const viewer of this.#viewers()) {
      const { incarnation } = viewer.at.membership;
      const since =
        this.#history.core.conversation(sid) === null
          ? 0
          : viewer.at.process.world.monotonic() - viewer.since;
      const isKnown = since > PRESENCE_MS && this.#table().memberFor(incarnation) > PRESENCE_MS;
      if (viewer.sid === sid && isKnown) {
        this.#history.violation(
          'presence',
          `${name} closed ${sid}, which ${viewer.name} watches at ${viewer.at.name}`,
        );
      }
    }
  }

  #claimed(
    { membership, name }: Watched,
    sid: string,
    before: ConversationRecord | null,
    result: ClaimResult,
  ): void {
    if (result.outcome !== 'claimed' || before === null) return;
    const { epoch } = result.conversation;
    if (epoch <= before.epoch)
      this.#history.violation('I2', `${sid}: claimed with epoch ${epoch} after ${before.epoch}`);
    const { owner } = before;
    if (owner === null || owner === membership.incarnation || !this.#table().lives(owner)) return;
    if ((this.#closing.get(sid) ?? 0) > 0) this.#robbed.add(`${sid}/${owner}`);
    else this.#violation(`${name} took ${sid} from ${owner}, which lives`);
  }

  #executes(node: Watched, sid: string): boolean {
    const { incarnation } = node.membership;
    const isRobbed = this.#robbed.has(`${sid}/${incarnation}`);
    const owner = this.#history.core.conversation(sid)?.owner;
    if (owner !== incarnation && !isRobbed) {
      this.#history.violation('effect', `${node.name} (${incarnation}) acts in ${sid}, which ${owner} owns`);
    }
    this.#acts(node, `a command of ${sid}`);
    return isRobbed;
  }

  #acts({ isDisposed, membership, name }: Watched, what: string): void {
    if (isDisposed) this.#history.violation('I6', `${name} begins ${what} after its end`);
    if (!this.#table().lives(membership.incarnation)) {
      this.#history.violation('effect', `${name} begins ${what} though it is dead`);
    }
  }

  #violation(what: string): void {
    this.#history.violation('membership', what);
  }
}

/** Without asking. */
function mayAct(membership: LeasedMembership): boolean {
  return membership.holdsLease() && membership.isCertain;
}
