/**
 * The loop's side of its log: the state that is folded from it, and what the loop appends to it.
 *
 *   closed ──follow──▶ catching up ──▶ live ──close──▶ closed
 *
 * What must hold:
 *   - every append carries the epoch; actions, messages and state changes also carry the last id folded, so that
 *     nothing a user did before them is overlooked;
 *   - an observation of what was under way is never refused for what came meanwhile;
 *   - `due` is cleared only in a commit before which everything was met.
 */
import type { AgentState } from '../events/agent-state.ts';
import { isObservation, type NewEvent, type Source, type StoredEvent } from '../events/event.ts';
import type { Observation } from '../events/observations.ts';
import type { AppendRequest, ConversationRecord, Desired } from '../store/event-store.ts';
import type { EventStreams } from '../stream/event-streams.ts';
import type { FeedReader } from '../stream/feed.ts';
import type { Agent } from './agent.ts';
import { type Batch, closeAtRest, isResting } from './decide.ts';
import { initialState, type LoopState, reduce, wantsToRun } from './loop-state.ts';
import type { LoopWriter } from './loop-writer.ts';

export interface LoopLogOptions {
  /** As the claim answered it. */
  readonly conversation: ConversationRecord;
  readonly agent: Agent;
  readonly streams: EventStreams;
  readonly writer: LoopWriter;
  readonly hasEnded: () => boolean;
  /** An event was folded. Live: the log was known up to it when it came. */
  readonly onFolded: (isLive: boolean) => void;
  /** The log is gone (then without an error, or with `conversation_not_found`), or an event could not be folded. */
  readonly onClosed: (error?: unknown) => void;
}

export type AppendOutcome = 'appended' | 'behind' | 'ended';

type LoopAppend = Pick<AppendRequest, 'events'> & { readonly set: NonNullable<AppendRequest['set']> };

export class LoopLog {
  readonly #options: LoopLogOptions;
  #state: LoopState;
  #reader: FeedReader | null = null;
  #due: boolean;
  #desired: Desired;
  #heard = -1;
  #named: number | null = null;

  constructor(options: LoopLogOptions) {
    this.#options = options;
    this.#due = options.conversation.due;
    this.#desired = options.conversation.desired;
    this.#state = initialState(options.agent);
  }

  get state(): LoopState {
    return this.#state;
  }

  /** Whether the store still says that there is something to do. */
  get due(): boolean {
    return this.#due;
  }

  /** As of the last commit that this loop knows of; a close that it has yet to meet is in the inbox. */
  get desired(): Desired {
    return this.#desired;
  }

  /** The last event that somebody else appended for the loop to meet. */
  get heard(): number {
    return this.#heard;
  }

  /** The agent's action that this loop has named last as the one to be carried out: another one is another loop's. */
  get named(): number | null {
    return this.#named;
  }

  /** Begins with a state that was folded before. */
  restore(state: LoopState): void {
    this.#state = state;
  }

  /** Folds what is in the log, calls `live` when that is done, and goes on with what comes. */
  async follow(live: () => void): Promise<void> {
    const { conversation, hasEnded, onClosed, streams, writer } = this.#options;
    const opened = await writer.trying(() =>
      streams.follow(conversation.sid, this.#state.lastId, {
        deliver: (event, isLive) => {
          this.#fold(event, isLive);
          return !hasEnded();
        },
        live,
        closed: onClosed,
      }),
    );
    if (opened === null) return;
    this.#reader = opened.found;
    if (hasEnded()) opened.found.close();
  }

  close(): void {
    this.#reader?.close();
  }

  /** Appends a decided batch with all that follows from it, unless the log has moved on. */
  async append(batch: Batch): Promise<AppendOutcome> {
    const state = stateAfter(batch, this.#state.agentState);
    const rests = batch.executing === undefined && isResting(state) && this.#answersAll(batch);
    return this.#append(
      {
        events: batch.events,
        set: {
          ...(batch.executing === undefined ? {} : { executing: batch.executing }),
          ...(rests && this.#due ? { due: false } : {}),
          agentState: state,
        },
      },
      true,
    );
  }

  /** Appends an observation of an action that was under way: never refused for what came meanwhile. */
  async answer(id: number, source: Source, observation: Observation): Promise<void> {
    const event: NewEvent = { ...observation, source, cause: id };
    const others = this.#state.inbox.some((item) => item.id !== id);
    if (this.#due && !others && isResting(this.#state.agentState)) {
      const request = { events: [event], set: { executing: null, due: false } };
      if ((await this.#append(request, true)) !== 'behind') return;
    }
    await this.#append({ events: [event], set: { executing: null } }, false);
  }

  /** Appends what people and the agent should know, whatever has come meanwhile. */
  async tell(observation: Observation): Promise<void> {
    await this.#append({ events: [{ ...observation, source: 'environment' }], set: {} }, false);
  }

  /** Everything is met: whoever starts this server next need not load this conversation. */
  async settle(): Promise<boolean> {
    return (await this.#append({ events: [], set: { due: false } }, true)) === 'appended';
  }

  /** Closes a conversation in which nothing happens; refused where something has happened after all. */
  closeAtRest(): Promise<AppendOutcome> {
    const set = { desired: 'stopped', due: false, agentState: 'stopped' } as const;
    return this.#append({ events: closeAtRest(this.#state).events, set }, true);
  }

  /** Appends; where `guarded`, only if nothing was appended since the last fold. */
  async #append(request: LoopAppend, guarded: boolean): Promise<AppendOutcome> {
    // Before the commit is answered, since what is folded meanwhile may make it due again.
    const rests = request.set.due === false;
    if (rests) this.#due = false;
    const written = await this.#options.writer.append(request, guarded ? this.#state.lastId : null);
    if (written === null) return 'ended';
    if (written.outcome === 'appended') {
      this.#desired = written.desired;
      const { executing } = request.set;
      if (typeof executing === 'number') this.#named = written.events[executing]?.id ?? null;
    } else if (rests) this.#due = true;
    return written.outcome;
  }

  /** Whether nothing of the inbox is left after these events. */
  #answersAll(batch: Batch): boolean {
    const causes = new Set(batch.events.map((event) => event.cause));
    return this.#state.inbox.every((item) => causes.has(item.id));
  }

  #fold(event: StoredEvent, isLive: boolean): void {
    const { agent, hasEnded, onFolded } = this.#options;
    if (hasEnded()) return;
    this.#state = reduce(this.#state, event, agent);
    if (setsDue(event)) this.#due = true;
    if ('action' in event && event.source !== 'agent') this.#heard = event.id;
    onFolded(isLive);
  }
}

/** The agent's state after these events. */
export function stateAfter(batch: Batch, before: AgentState): AgentState {
  return batch.events.reduce<AgentState>(
    (state, event) =>
      isObservation(event) && event.observation === 'agent_state_changed' ? event.extras.agent_state : state,
    before,
  );
}

/** Whether the event makes the conversation due in the store: what a user wants done, and a close. */
function setsDue(event: StoredEvent): boolean {
  if (!('action' in event) || event.source === 'agent') return false;
  if (event.source === 'environment') return event.action === 'change_agent_state';
  return event.action !== 'change_agent_state' || wantsToRun(event.args.agent_state);
}
