/**
 * A simulated client: joins with its cursor, may be slow, loses its connection, sends with retries. What it is told and
 * what it sees is recorded.
 */
import { ConveneError } from '../../src/errors.ts';
import type { StoredEvent } from '../../src/events/event.ts';
import type { CoreConversationManager } from '../../src/manager/core-manager.ts';
import type { FeedReader } from '../../src/stream/feed.ts';
import type { SimProcess } from './sim-process.ts';

export interface SimServer {
  readonly process: SimProcess;
  readonly manager: CoreConversationManager;
}

export interface ClientAction {
  readonly action: string;
  readonly args: Record<string, unknown>;
}

/** An answer that does not come is given up after so long; what was sent is then sent again. */
const PATIENCE_MS = 4_000;
const TRIES = 12;

export class SimClient {
  readonly name: string;
  /** Everything received after a cursor, by connection. */
  readonly runs: { readonly from: number; readonly events: StoredEvent[] }[] = [];
  sid: string | null = null;
  cursor = -1;
  #server: () => SimServer | null;
  #connectedTo: SimServer | null = null;
  #connectionId = '';
  #reader: FeedReader | null = null;
  #connections = 0;
  #sending = 0;
  #joinedAt = 0;
  /** The newest action that awaited confirmation, as far as this client has seen. */
  pending: number | null = null;

  constructor(name: string, server: () => SimServer | null) {
    this.name = name;
    this.#server = server;
  }

  get joined(): boolean {
    return this.#reader !== null && this.#connectedTo !== null && this.#connectedTo === this.#server();
  }

  /** Where it is connected. */
  get server(): SimServer | null {
    return this.joined ? this.#connectedTo : null;
  }

  /** Since when, in world time. */
  get joinedAt(): number {
    return this.#joinedAt;
  }

  get isSending(): boolean {
    return this.#sending > 0;
  }

  /** Joins the conversation, or tries to. */
  async join(sid: string): Promise<void> {
    const server = this.#server();
    if (server === null || this.joined) return;
    this.#connections += 1;
    const connectionId = `${this.name}.${this.#connections}`;
    this.#connectionId = connectionId;
    this.#connectedTo = server;
    this.#reader = null;
    const stream = await server.manager.joinConversation(sid, connectionId, null);
    if (stream === null || this.#connectionId !== connectionId) return;
    if (this.sid !== sid) {
      this.sid = sid;
      this.cursor = -1;
    }
    const run = { from: this.cursor, events: [] as StoredEvent[] };
    this.runs.push(run);
    const { process } = server;
    const reader = await stream.follow(this.cursor, {
      deliver: (event) => {
        if (this.#connectionId !== connectionId) return true;
        run.events.push(event);
        this.cursor = event.id;
        if (
          'action' in event &&
          event.action === 'run' &&
          event.args.confirmation_state === 'awaiting_confirmation'
        ) {
          this.pending = event.id;
        }
        if (!process.chance(process.faults.full)) return true;
        process.after(process.world.random() * 1_500, () => reader.resume());
        return false;
      },
    });
    if (this.#connectionId === connectionId) {
      this.#reader = reader;
      this.#joinedAt = process.world.monotonic();
    } else reader.close();
  }

  /** Loses its connection. The server is told later, or never. */
  async leave(): Promise<void> {
    const server = this.#connectedTo;
    const connectionId = this.#connectionId;
    this.drop();
    if (server?.process.alive) await server.manager.disconnectFromSession(connectionId);
  }

  /** The connection is gone. */
  drop(): void {
    this.#reader?.close();
    this.#reader = null;
    this.#connectedTo = null;
    this.#connectionId = '';
  }

  /** Sends until it is told that the action is stored, or gives up. */
  async send(actionId: string, action: ClientAction): Promise<void> {
    this.#sending += 1;
    try {
      await this.#send(actionId, action);
    } finally {
      this.#sending -= 1;
    }
  }

  async #send(actionId: string, action: ClientAction): Promise<void> {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const server = this.#server();
      if (server === null) return;
      const { sid } = this;
      if (sid === null) return;
      const sent = await this.#patiently(server, () =>
        this.joined
          ? server.manager.sendToEventStream(this.#connectionId, { ...action, action_id: actionId })
          : server.manager.sendEventToConversation(sid, { ...action, action_id: actionId }),
      );
      if (sent !== null) {
        server.process.history.acknowledge({ sid, id: sent.id, actionId }, action);
        return;
      }
    }
  }

  /** Null where the server failed in a way that allows another try, or did not answer. */
  #patiently<T>(server: SimServer, call: () => Promise<T>): Promise<T | null> {
    const { world, history } = server.process;
    return new Promise((resolve) => {
      const cancel = world.after(PATIENCE_MS, () => resolve(null));
      call().then(
        (value) => {
          cancel();
          // An answer of a server that has died meanwhile does not arrive.
          if (server.process.alive) resolve(value);
          else world.after(PATIENCE_MS, () => resolve(null));
        },
        (error: unknown) => {
          cancel();
          const passing = [
            'store_unavailable',
            'outcome_unknown',
            'draining',
            'not_connected',
            'conversation_not_found',
          ];
          if (!(error instanceof ConveneError) || !passing.includes(error.code)) {
            history.violation('errors', `${this.name} was told ${String(error)}`);
          }
          world.after(world.random() * 300, () => resolve(null));
        },
      );
    });
  }
}
