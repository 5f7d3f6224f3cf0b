/**
 * The port `Presence`: who is connected to what, across all nodes. An answer costs what it is long, not what
 * the cluster is large.
 */
export interface Connection {
  readonly connectionId: string;
  readonly sid: string;
  readonly userId: string;
}

export interface Presence extends AsyncDisposable {
  start(): Promise<void>;
  join(connection: Connection): Promise<void>;
  leave(connectionId: string): Promise<void>;
  /** This node lives under another incarnation now: what is connected to it is told anew. */
  renew(): Promise<void>;
  /** Living connections, of one user and/or of these conversations. */
  connections(filter: { userId?: string; sids?: readonly string[] }): Promise<Connection[]>;
  /** How many watch the conversation; null where that is not known. */
  viewers(sid: string): Promise<number | null>;
}

/** The presence of a single process. */
export class LocalPresence implements Presence {
  readonly #byId = new Map<string, Connection>();
  readonly #bySid = new Map<string, Set<Connection>>();
  readonly #byUser = new Map<string, Set<Connection>>();

  /** By connection id. */
  get all(): ReadonlyMap<string, Connection> {
    return this.#byId;
  }

  async start(): Promise<void> {}

  async join(connection: Connection): Promise<void> {
    this.#remove(connection.connectionId);
    this.#byId.set(connection.connectionId, connection);
    add(this.#bySid, connection.sid, connection);
    add(this.#byUser, connection.userId, connection);
  }

  async leave(connectionId: string): Promise<void> {
    this.#remove(connectionId);
  }

  async renew(): Promise<void> {}

  async connections(filter: { userId?: string; sids?: readonly string[] }): Promise<Connection[]> {
    const { userId, sids } = filter;
    if (sids !== undefined) {
      const found = [...new Set(sids)].flatMap((sid) => [...(this.#bySid.get(sid) ?? [])]);
      return userId === undefined ? found : found.filter((connection) => connection.userId === userId);
    }
    return [...(userId === undefined ? this.#byId.values() : (this.#byUser.get(userId) ?? []))];
  }

  async viewers(sid: string): Promise<number | null> {
    return this.#bySid.get(sid)?.size ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#byId.clear();
    this.#bySid.clear();
    this.#byUser.clear();
  }

  #remove(connectionId: string): void {
    const connection = this.#byId.get(connectionId);
    if (connection === undefined) return;
    this.#byId.delete(connectionId);
    remove(this.#bySid, connection.sid, connection);
    remove(this.#byUser, connection.userId, connection);
  }
}

function add<T>(index: Map<string, Set<T>>, key: string, value: T): void {
  const values = index.get(key);
  if (values === undefined) index.set(key, new Set([value]));
  else values.add(value);
}

function remove<T>(index: Map<string, Set<T>>, key: string, value: T): void {
  const values = index.get(key);
  values?.delete(value);
  if (values?.size === 0) index.delete(key);
}
