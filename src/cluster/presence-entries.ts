/**
 * The port under `SharedPresence`: the connections of all nodes, in a place that may be away, and may lose everything. Null
 * and false mean that it did not answer.
 */
import type { Connection } from './presence.ts';

export interface Entry extends Connection {
  readonly incarnation: string;
}

/** How a node's own entries stand. */
export interface OwnState {
  /** Whether it has told all its connections, and nothing was lost since. */
  readonly ready: boolean;
  readonly count: number;
}

export interface Viewers {
  /** The incarnation of each. */
  readonly incarnations: readonly string[];
  /** Whether all the nodes asked about have told all their connections. */
  readonly complete: boolean;
}

/** Connections in one step: short enough that nobody waits for it. */
export const batchSize = 500;
/** How long a node that is not heard of is believed to have told all, in ms. */
export const readyMs = 3_000;

export interface PresenceEntries extends AsyncDisposable {
  /**
   * Resolves when the place is there or a first try has failed.
   * @param onConnected Called each time it can be used, for the first time and again. It must not throw.
   */
  start(onConnected: () => void): Promise<void>;
  /** @param replaced Where the connection was before, if that was elsewhere. */
  put(incarnation: string, connections: readonly Connection[], replaced?: Connection): Promise<boolean>;
  /** Those that have joined under another incarnation since stay. */
  remove(incarnation: string, connections: readonly Connection[]): Promise<boolean>;
  /** Hands over all entries of a node in batches, some perhaps twice, until the answer is false. False where it ended so. */
  scan(
    incarnation: string,
    take: (batch: readonly Connection[]) => boolean | Promise<boolean>,
  ): Promise<boolean>;
  ofUser(userId: string): Promise<Entry[] | null>;
  ofSids(sids: readonly string[]): Promise<Entry[] | null>;
  ofNode(incarnation: string): Promise<Entry[] | null>;
  /** One look: no loss comes between. `nodes` must not be empty. */
  viewers(sid: string, nodes: readonly string[]): Promise<Viewers | null>;
  /** This node begins to tell all its connections. */
  beginTelling(incarnation: string): Promise<boolean>;
  /** It has told them. Of no effect where that it began was lost since. */
  endTelling(incarnation: string): Promise<void>;
  /** How this node's entries stand. It is believed for `readyMs` more. */
  keepReady(incarnation: string): Promise<OwnState | null>;
  /** The incarnations that have told of any connection. */
  nodes(): Promise<string[] | null>;
  /** Whether it is this node that sweeps after a dead one: one at a time does. */
  maySweep(incarnation: string): Promise<boolean>;
  /** Removes all that a node has told. */
  removeNode(incarnation: string): Promise<void>;
}
