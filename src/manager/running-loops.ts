/**
 * What runs where, in the whole cluster: of this node by its loops, of the others by what the store says they own. An
 * answer costs what it is long, or what is asked for.
 */
import type { AgentRegistry } from '../agent/agent-registry.ts';
import type { Membership } from '../cluster/membership.ts';
import type { Takeovers } from '../cluster/takeovers.ts';
import type { ConversationRecord, EventStore } from '../store/event-store.ts';
import type { AgentLoopInfo, ClusterInfo } from './conversation-manager.ts';
import type { ConversationSettings } from './conversation-settings.ts';
import type { Loops } from './loops.ts';

export interface RunningLoopsOptions {
  readonly agents: AgentRegistry;
  readonly loops: Loops;
  readonly membership: Membership;
  readonly settings: ConversationSettings;
  readonly store: EventStore;
  readonly takeovers: Takeovers;
}

/** So many of the newest are told. */
const TAKEOVERS = 100;

export class RunningLoops {
  readonly #options: RunningLoopsOptions;

  constructor(options: RunningLoopsOptions) {
    this.#options = options;
  }

  async has(sid: string): Promise<boolean> {
    if (this.#options.loops.has(sid)) return true;
    return (await this.#elsewhere(undefined, new Set([sid]))).length > 0;
  }

  async sids(userId?: string, filterToSids?: ReadonlySet<string>): Promise<Set<string>> {
    const elsewhere = await this.#elsewhere(userId, filterToSids);
    const here = this.#options.loops.select(userId, filterToSids);
    return new Set([...here, ...elsewhere].map(({ sid }) => sid));
  }

  async infos(userId?: string, filterToSids?: ReadonlySet<string>): Promise<AgentLoopInfo[]> {
    const { agents, loops, membership, settings } = this.#options;
    const elsewhere = await this.#elsewhere(userId, filterToSids);
    const node = membership.incarnation;
    const here = loops.select(userId, filterToSids).map((loop) => ({
      sid: loop.sid,
      userId: loop.userId,
      node,
      agentState: loop.agentState,
      agent: loop.agentName,
      epoch: loop.epoch,
    }));
    const there = elsewhere.map((record) => ({
      sid: record.sid,
      userId: record.userId,
      node: record.owner ?? '',
      agentState: record.agentState,
      agent: agents.nameFor(settings.open(record)),
      epoch: record.epoch,
    }));
    return [...here, ...there];
  }

  /** `state`: that of this node's manager. `sid`: only what runs of this conversation. */
  async cluster(state: 'new' | 'serving' | 'draining' | 'disposed', sid?: string): Promise<ClusterInfo> {
    const { loops, membership, takeovers } = this.#options;
    const filter = sid === undefined ? undefined : new Set([sid]);
    const [nodes, elsewhere, recent] = await Promise.all([
      membership.nodes(),
      this.#elsewhere(undefined, filter),
      takeovers.recent(TAKEOVERS),
    ]);
    const here = loops.select(undefined, filter);
    const self = membership.incarnation;
    return {
      nodes: nodes.map((node) => {
        const isSelf = node.incarnation === self;
        const theirs = elsewhere.filter(({ owner }) => owner === node.incarnation);
        const running = (isSelf ? here : theirs).map((one) => one.sid);
        return {
          id: node.incarnation,
          url: node.url,
          live: isSelf ? state === 'serving' : node.live,
          draining: isSelf ? state === 'draining' : node.draining,
          startedAt: new Date(node.startedAt).toISOString(),
          // What a node last told may be a second old.
          load: sid === undefined ? running.length : node.load,
          running,
        };
      }),
      takeovers: recent
        .filter((one) => sid === undefined || one.sid === sid)
        .map((one) => ({ ...one, at: new Date(one.at).toISOString() })),
    };
  }

  /** The conversations whose loops run on other nodes. */
  async #elsewhere(userId?: string, filterToSids?: ReadonlySet<string>): Promise<ConversationRecord[]> {
    const { membership, store } = this.#options;
    const owners = membership.living().filter((incarnation) => incarnation !== membership.incarnation);
    if (owners.length === 0) return [];
    return store.owned({
      owners,
      ...(userId === undefined ? {} : { userId }),
      ...(filterToSids === undefined ? {} : { sids: [...filterToSids] }),
    });
  }
}
