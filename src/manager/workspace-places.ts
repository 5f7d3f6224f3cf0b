/** Where the workspace of a conversation is, in a cluster whose nodes have theirs to themselves. */
import { type Clock, delay } from '../clock.ts';
import type { Membership } from '../cluster/membership.ts';
import type { HeldWorkspaces } from '../runtime/held-workspaces.ts';
import type { ConversationRecord, EventStore } from '../store/event-store.ts';

export type WorkspacePlace =
  | { readonly at: 'here' }
  /** On the node that answers HTTP there. */
  | { readonly at: 'node'; readonly url: string }
  /** Nobody owns the conversation. It may be on one of these nodes, which know it of themselves. */
  | { readonly at: 'unknown'; readonly urls: readonly string[] };

export interface WorkspacePlacesOptions {
  readonly clock: Clock;
  readonly held: HeldWorkspaces;
  readonly membership: Membership;
  readonly store: EventStore;
}

/** A new conversation that should run is claimed within this time, in ms; and how often that is looked for. */
const CLAIM_MS = 2_000;
const LOOK_MS = 50;

export class WorkspacePlaces {
  readonly #options: WorkspacePlacesOptions;

  constructor(options: WorkspacePlacesOptions) {
    this.#options = options;
  }

  async of(conversation: ConversationRecord): Promise<WorkspacePlace> {
    const { held, membership } = this.#options;
    const { epoch, owner, sid } = await this.#claimed(conversation);
    if (owner === membership.incarnation) return { at: 'here' };
    if (owner !== null && membership.living().includes(owner)) {
      const urls = await this.#urls((incarnation) => incarnation === owner);
      return urls[0] === undefined ? { at: 'unknown', urls } : { at: 'node', url: urls[0] };
    }
    // Nobody has worked on it yet, or the last one to do so has done it here.
    if (epoch === 0 || (await held.epochOf(sid)) === epoch) return { at: 'here' };
    return { at: 'unknown', urls: await this.#urls((incarnation) => incarnation !== membership.incarnation) };
  }

  /** What comes right after a conversation was created goes where it is going to run. */
  async #claimed(conversation: ConversationRecord): Promise<ConversationRecord> {
    const { clock, store } = this.#options;
    let found = conversation;
    const until = clock.monotonic() + CLAIM_MS;
    while (found.epoch === 0 && found.desired === 'running' && clock.monotonic() < until) {
      await delay(clock, LOOK_MS);
      found = (await store.conversation(conversation.sid)) ?? conversation;
    }
    return found;
  }

  async #urls(fits: (incarnation: string) => boolean): Promise<string[]> {
    const nodes = await this.#options.membership.nodes();
    return nodes.flatMap(({ incarnation, live, url }) =>
      live && url !== null && fits(incarnation) ? [url] : [],
    );
  }
}
