/**
 * What users do to conversations: start one, and act in one. Each act is one durable append that names no epoch; what
 * has to run because of it is stored with it, and seen to afterwards.
 */
import { requests, wantsToRun } from '../agent/loop-state.ts';
import { parseTrajectory, quote } from '../agent/replay/trajectory.ts';
import type { Clock } from '../clock.ts';
import type { Bus } from '../cluster/bus.ts';
import type { Membership } from '../cluster/membership.ts';
import { ConveneError } from '../errors.ts';
import { parseClientAction } from '../events/client-action.ts';
import type { NewEvent } from '../events/event.ts';
import type { Repositories } from '../runtime/repositories.ts';
import { type AppendResult, type EventStore, writerOf } from '../store/event-store.ts';
import type { Settings } from '../store/settings.ts';
import type { EventStreams } from '../stream/event-streams.ts';
import type { Background } from './background.ts';
import type { Joined } from './connections.ts';
import type { InitialMessage, Sent, StartOptions } from './conversation-manager.ts';
import type { ConversationSettings } from './conversation-settings.ts';
import type { Loops } from './loops.ts';
import type { Places } from './places.ts';
import type { Reconciler } from './reconciler.ts';
import type { Replays } from './replays.ts';
import { defaultTitle, type Titles, titleFrom } from './titles.ts';

export interface UserActsOptions {
  readonly clock: Clock;
  readonly store: EventStore;
  readonly bus: Bus;
  readonly membership: Membership;
  readonly streams: EventStreams;
  readonly settings: ConversationSettings;
  readonly loops: Loops;
  readonly places: Places;
  readonly reconciler: Reconciler;
  readonly background: Background;
  readonly replays: Replays;
  readonly repositories?: Repositories;
  readonly titles: Titles;
}

export class UserActs {
  readonly #options: UserActsOptions;

  constructor(options: UserActsOptions) {
    this.#options = options;
  }

  /** Creates the conversation where there is none, and turns it running where it does not run. */
  async start(
    sid: string,
    settings: Settings | null,
    userId: string,
    given: InitialMessage | undefined,
    options: StartOptions,
  ): Promise<void> {
    const { clock, loops, places, settings: kept, store, streams, titles } = this.#options;
    const before = await store.conversation(sid);
    if (before !== null && before.userId !== userId) throw new ConveneError('conversation_not_found');
    const { selectedBranch: branch = null, selectedRepository: repository } = options;
    if (repository !== undefined) this.#options.repositories?.check({ repository, branch });
    const plays = before === null && options.replay !== undefined;
    const message = plays ? await this.#keepReplay(sid, options.replay, given) : given;
    const sealed = settings === null ? null : kept.seal(sid, settings);
    // What the message must not contain is known before the conversation is.
    const isNew = before === null || (before.desired !== 'running' && settings !== null);
    const redactor = isNew ? kept.use(sid, settings) : await kept.redactor(sid);
    const named = message === undefined ? null : titleFrom(redactor.text(message.content));
    const result = await streams.append({
      sid,
      events: [message === undefined ? requests.start : messageOf(message)],
      at: clock.now(),
      writer: writerOf.user(userId),
      key: message?.actionId ?? clock.id(),
      unlessRunning: true,
      create: {
        userId,
        title: options.title ?? named ?? defaultTitle(sid),
        selectedRepository: options.selectedRepository ?? null,
        selectedBranch: options.selectedBranch ?? null,
        settings: sealed,
      },
      ...places.wish(sealed),
    });
    const { userId: owner } = result.outcome === 'running' ? result : appended(result, 'initialUserMessage');
    if (owner !== userId) {
      // Another user has created it meanwhile: its secrets are not this user's.
      kept.forget(sid);
      throw new ConveneError('conversation_not_found');
    }
    if (result.outcome === 'appended' && sealed !== null) this.#tellSettings(sid);
    if (result.outcome === 'appended' && options.title === undefined) {
      titles.heard(sid, result.events, named);
    }
    if (result.outcome === 'appended' && result.desired === 'waiting') await places.makeRoom(sid, userId);
    else await loops.ensure(sid);
  }

  /** What other nodes must not let into the log is another thing now. */
  #tellSettings(sid: string): void {
    const { bus, membership } = this.#options;
    bus.publishNote({ type: 'settings', sid, by: membership.incarnation });
  }

  /** Keeps the trajectory of a new conversation. Answers with what the conversation begins with. */
  async #keepReplay(
    sid: string,
    replay: unknown,
    given: InitialMessage | undefined,
  ): Promise<InitialMessage> {
    const { opening, steps } = parseTrajectory(replay);
    const isQuoted = given !== undefined && opening !== null;
    await this.#options.replays.save(sid, isQuoted ? [quote(opening), ...steps] : steps);
    return given ?? opening ?? { content: 'Play the recorded trajectory back.' };
  }

  async send({ sid, settings, userId }: Joined, data: unknown): Promise<Sent> {
    const { background, clock, loops, places, reconciler, settings: kept, streams, titles } = this.#options;
    const { action, actionId } = parseClientAction(data);
    const acts = action.action !== 'change_agent_state' || wantsToRun(action.args.agent_state);
    // A loop that runs has its settings; one that this starts gets those of whoever starts it.
    const sealed = acts && settings !== null && !loops.has(sid) ? kept.seal(sid, settings) : null;
    if (sealed !== null) kept.use(sid, settings);
    const request = {
      sid,
      events: [{ ...action, source: 'user' } as const],
      at: clock.now(),
      writer: writerOf.user(userId),
      key: actionId ?? clock.id(),
      ...(acts ? places.wish(sealed) : {}),
    };
    // Who watches need not see it before whoever sent it knows that it is kept; but a pause or a stop waits to be heard.
    const result = await streams.append(request, acts);
    const { events, desired, owner } = appended(result, 'action_id');
    const [event] = events;
    if (event === undefined) throw new ConveneError('internal', 'An action was stored without an event.');
    titles.heard(sid, events);
    if (sealed !== null) this.#tellSettings(sid);
    // A pause or a stop is acknowledged when a loop of this node has heard it: from then on nothing starts.
    if (!acts) await streams.reached(sid, event.id);
    if (acts && desired === 'waiting') background.run('place', () => places.makeRoom(sid, userId));
    else if (desired === 'running') reconciler.startSoon(sid, owner);
    return { id: event.id, waiting: desired === 'waiting' };
  }
}

/** `field`: what a conflict is about. */
function appended(result: AppendResult, field: string): AppendResult & { outcome: 'appended' } {
  switch (result.outcome) {
    case 'appended':
      return result;
    case 'missing':
      throw new ConveneError('conversation_not_found');
    case 'conflict':
      throw new ConveneError('action_id_conflict', undefined, { details: { field } });
    case 'behind':
    case 'fenced':
    case 'running':
      throw new Error(`a user's append was answered with ${result.outcome}`);
  }
}

function messageOf(message: InitialMessage): NewEvent {
  return {
    action: 'message',
    args: { content: message.content, image_urls: message.imageUrls ?? [], wait_for_response: false },
    source: 'user',
  };
}
