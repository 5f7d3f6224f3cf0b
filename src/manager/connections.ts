/** The clients that are connected to this node, what each has joined, and who is connected anywhere. */
import type { Presence } from '../cluster/presence.ts';
import type { Settings } from '../store/settings.ts';

export interface Joined {
  readonly sid: string;
  readonly userId: string;
  /** With which a conversation is started that this client revives. */
  readonly settings: Settings | null;
}

export class Connections {
  readonly #presence: Presence;
  readonly #joined = new Map<string, Joined>();

  constructor(presence: Presence) {
    this.#presence = presence;
  }

  /** What the connection has joined here. */
  get(connectionId: string): Joined | undefined {
    return this.#joined.get(connectionId);
  }

  async join(connectionId: string, joined: Joined): Promise<void> {
    const { sid, userId } = joined;
    this.#joined.set(connectionId, joined);
    await this.#presence.join({ connectionId, sid, userId });
  }

  async leave(connectionId: string): Promise<void> {
    this.#joined.delete(connectionId);
    await this.#presence.leave(connectionId);
  }

  /** The conversation of each connection, on every node. */
  async everywhere(userId?: string, filterToSids?: ReadonlySet<string>): Promise<Map<string, string>> {
    const connections = await this.#presence.connections({
      ...(userId === undefined ? {} : { userId }),
      ...(filterToSids === undefined ? {} : { sids: [...filterToSids] }),
    });
    return new Map(connections.map(({ connectionId, sid }) => [connectionId, sid]));
  }

  forgetAll(): void {
    this.#joined.clear();
  }
}
