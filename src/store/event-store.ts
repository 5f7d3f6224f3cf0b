/**
 * The port `EventStore`: conversations, their logs, claims on them, snapshots. Every adapter passes the
 * suite in `test/conformance/event-store.ts`.
 *
 * An append is atomic and durable when it is answered. Expected outcomes are values; failures are thrown
 * and have two names: `store_unavailable` (nothing happened) and `outcome_unknown` (it may have happened:
 * retry with the same key).
 *
 * Calls on one store that change one conversation take effect in the order in which they are made, also when none of
 * them is awaited. A call that is made after another one was answered sees its effect.
 */
import type { AgentState } from '../events/agent-state.ts';
import type { NewEvent, Source, StoredEvent } from '../events/event.ts';

/** `waiting`: it runs as soon as its user's limit of running conversations allows it. */
export type Desired = 'running' | 'waiting' | 'stopped';

/** One conversation without its events. */
export interface ConversationRecord {
  readonly sid: string;
  /** Empty where the server has no users. */
  readonly userId: string;
  readonly title: string;
  readonly selectedRepository: string | null;
  readonly selectedBranch: string | null;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Time of the newest event. */
  readonly updatedAt: number;
  /** Id of the newest event; -1 while there is none. */
  readonly head: number;
  readonly desired: Desired;
  /** The incarnation whose loop may write; null where nobody owns it. */
  readonly owner: string | null;
  /** The fencing token of the newest claim; 0 before the first. */
  readonly epoch: number;
  /** The id of the action under way. */
  readonly executing: number | null;
  readonly agentState: AgentState;
  /** Whether its loop has something to do: set with what a user does, cleared by a loop that has met it all. */
  readonly due: boolean;
  /** What a loop needs to start elsewhere, encrypted. */
  readonly settings: string | null;
}

/** What `create` gives to a new conversation. */
export interface NewConversation {
  readonly userId: string;
  readonly title: string;
  readonly selectedRepository?: string | null;
  readonly selectedBranch?: string | null;
  readonly settings?: string | null;
}

export interface AppendRequest {
  readonly sid: string;
  /** May be empty where only `set` or `create` matters. They get consecutive ids. */
  readonly events: readonly NewEvent[];
  /** The appender's wall time, in ms: the timestamp of the events. */
  readonly at: number;
  /** Who writes: the scope of `key`. See `writerOf`. */
  readonly writer: string;
  /**
   * Names this batch: a repeated one is answered with what it got the first time. A batch without events has nothing
   * to repeat: its key is not kept.
   */
  readonly key?: string;
  /** A loop's fencing token: refused as `fenced` unless it is the newest claim's and still owned. */
  readonly epoch?: number;
  /** The last id that the writer has folded: refused as `behind` where the head has moved on. */
  readonly behind?: number;
  /** Creates the conversation in this commit where it does not exist. */
  readonly create?: NewConversation;
  /** Appends nothing where the conversation exists and should run already (answers `running`). */
  readonly unlessRunning?: boolean;
  /**
   * Only with `set.desired: 'running'`: how many conversations of this user may have `desired = running`. Where
   * the limit is met, the events are stored all the same, and `desired` becomes `waiting`.
   */
  readonly limit?: number;
  /** Changes of the conversation's own columns in this commit. */
  readonly set?: {
    readonly desired?: Desired;
    /** An index into `events`: that action is under way from this commit on. `null`: none is. */
    readonly executing?: number | null;
    readonly agentState?: AgentState;
    readonly due?: boolean;
    /** Sealed settings. */
    readonly settings?: string;
  };
}

export type AppendResult =
  | {
      readonly outcome: 'appended';
      /** As stored. */
      readonly events: readonly StoredEvent[];
      /** The head after this commit (of a repeated one: the head now). */
      readonly head: number;
      /** True where `key` was known: nothing was written this time. */
      readonly repeated: boolean;
      /** True where this commit created the conversation. */
      readonly created: boolean;
      /** The user who owns the conversation. */
      readonly userId: string;
      /** `waiting` where `limit` keeps it from running. */
      readonly desired: Desired;
      /** Who owns the conversation after this commit (of a repeated one: now). */
      readonly owner: string | null;
    }
  | { readonly outcome: 'running'; readonly head: number; readonly userId: string }
  | { readonly outcome: 'behind'; readonly head: number }
  | { readonly outcome: 'fenced'; readonly epoch: number }
  | { readonly outcome: 'conflict' }
  /** Unknown, or deleted. A deleted sid is never created again: `deleted` tells. */
  | { readonly outcome: 'missing'; readonly deleted: boolean };

/** Which events of one conversation, in which order. */
export interface EventQuery {
  readonly sid: string;
  /** Only ids above it; default -1. */
  readonly after?: number;
  /** Only ids below it; default: no bound. */
  readonly before?: number;
  /** 1 to 1000; a page may be shorter for its size in bytes, but never empty where there is more. */
  readonly limit: number;
  readonly reverse?: boolean;
  /** Only these kinds (`message`, `run`, …). */
  readonly kinds?: readonly string[];
  readonly source?: Source;
  /** Only events from this time on (ms, inclusive). */
  readonly since?: number;
  /** Only events up to this time (ms, inclusive). */
  readonly until?: number;
  /** Every word of it must occur in the event as a prefix of a word, whatever the case (`searchTokens`). */
  readonly text?: string;
}

export interface EventPage {
  readonly events: readonly StoredEvent[];
  /** Whether the same query has more in its direction after the last one of these. */
  readonly hasMore: boolean;
}

export interface ListQuery {
  /** Only this user's; default: everybody's. */
  readonly userId?: string;
  /** 1 to 100. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

export interface ListPage {
  /** Newest first, by (createdAt, sid). */
  readonly conversations: readonly ConversationRecord[];
  readonly next: string | null;
}

export interface OwnedQuery {
  readonly owners: readonly string[];
  readonly userId?: string;
  readonly sids?: readonly string[];
}

export interface Snapshot {
  readonly sid: string;
  /** The last event folded into it. */
  readonly id: number;
  /** The reducer's version: a snapshot of another version is not loaded. */
  readonly version: string;
  /** JSON text. */
  readonly state: string;
}

export type ClaimResult =
  | { readonly outcome: 'claimed'; readonly conversation: ConversationRecord }
  /** A living incarnation owns it (which `owner` names), or no loop is wanted. */
  | { readonly outcome: 'refused'; readonly owner: string | null; readonly desired: Desired }
  | { readonly outcome: 'missing' };

export interface EventStore extends AsyncDisposable {
  /** Opens and migrates. Throws `store_incompatible` or `store_unavailable`. */
  open(): Promise<void>;

  append(request: AppendRequest): Promise<AppendResult>;

  /**
   * Makes `incarnation` the owner and raises the epoch, where the owner is null or one of `dead` and where a loop is
   * wanted: it should run, or it was stopped and that is still to be carried out (`due`). The same owner claiming again
   * raises the epoch again.
   */
  claim(sid: string, incarnation: string, dead?: readonly string[]): Promise<ClaimResult>;
  /** Gives ownership up where `epoch` is still the newest. Answers whether it was. */
  release(sid: string, epoch: number): Promise<boolean>;
  /** Names the action under way (a user's own `run`). Answers false where the epoch is not the newest any more. */
  markExecuting(sid: string, epoch: number, actionId: number): Promise<boolean>;

  conversation(sid: string): Promise<ConversationRecord | null>;
  list(query: ListQuery): Promise<ListPage>;
  /** Answers whether the conversation exists and, where `from` is given, was called that until now. */
  rename(sid: string, title: string, from?: string): Promise<boolean>;
  /** Removes all that the conversation holds and keeps its sid as used. Answers whether there was one. */
  remove(sid: string): Promise<boolean>;

  events(query: EventQuery): Promise<EventPage>;
  /** The newest event of a kind at or below `upTo`. */
  newest(sid: string, kind: string, upTo?: number): Promise<StoredEvent | null>;
  /** The heads of many conversations in one query; unknown ones are left out. */
  heads(sids: readonly string[]): Promise<Map<string, number>>;
  /** How many committed events the search index has yet to take in. They are found all the same, by scanning. */
  searchLag(): Promise<number>;

  /**
   * Conversations whose loops have something to do (run, or stop and say so) and that are owned by nobody, or by none
   * of `living`: an incarnation that died before this process began is in nobody's list of the dead.
   */
  due(query: { living: readonly string[]; limit: number }): Promise<ConversationRecord[]>;
  /** This user's conversations with `desired = waiting`, longest waiting first. */
  waiting(userId: string, limit: number): Promise<ConversationRecord[]>;
  /** Users who have conversations with `desired = waiting`: ids above `after`, ascending. */
  waitingUsers(after: string | null, limit: number): Promise<string[]>;
  /** This user's conversations with `desired = running`, least recently updated first. */
  running(userId: string, limit: number): Promise<ConversationRecord[]>;
  /**
   * Conversations that one of `owners` owns: of this user, and of these only; left out, a condition does not count. In
   * no order. With a user or with sids it costs what the answer is long, or the conditions.
   */
  owned(query: OwnedQuery): Promise<ConversationRecord[]>;

  saveSnapshot(snapshot: Snapshot): Promise<void>;
  /** The newest snapshot of this version, or null. */
  loadSnapshot(sid: string, version: string): Promise<Snapshot | null>;
}

/** The scope of action keys: a user's own, or the loop's (whose keys carry their epoch). */
export const writerOf = {
  user: (userId: string): string => `user:${userId}`,
  loop: 'loop',
  system: 'system',
} as const;
