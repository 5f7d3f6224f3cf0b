/**
 * Closing a conversation at somebody's request. The request is an event, stored together with `desired = stopped`; the
 * loop carries it out: it answers what is under way, says so to everybody, and ends.
 */
import type { AgentLoop } from '../agent/agent-loop.ts';
import { requests, wantsToRun } from '../agent/loop-state.ts';
import { type Clock, delay } from '../clock.ts';
import { isAction, isObservation, type StoredEvent } from '../events/event.ts';
import { type AppendRequest, type EventStore, writerOf } from '../store/event-store.ts';
import type { EventStreams } from '../stream/event-streams.ts';
import type { Loops } from './loops.ts';

export interface ClosingOptions {
  readonly clock: Clock;
  readonly store: EventStore;
  readonly streams: EventStreams;
  readonly loops: Loops;
}

/** So long another node may take to carry a close out, and so often it is asked whether it has, in ms. */
const OWNER_MS = 1_000;
const LOOK_MS = 20;

/** The append that asks for a close: its loop carries it out, wherever that runs. */
export function closeRequest(sid: string, clock: Clock): AppendRequest {
  return {
    sid,
    events: [requests.close],
    at: clock.now(),
    writer: writerOf.system,
    key: clock.id(),
    set: { desired: 'stopped', due: true },
  };
}

export class Closing {
  readonly #options: ClosingOptions;

  constructor(options: ClosingOptions) {
    this.#options = options;
  }

  /**
   * Resolves when its loop has carried the close out and ended, or goes on because a user has acted after that. A loop that
   * ends without it, because its node lost the lease or another one took over, leaves it to the next.
   */
  async close(sid: string): Promise<void> {
    const { clock, loops, store, streams } = this.#options;
    const record = await store.conversation(sid);
    if (record === null) return;
    let closedAt = record.head;
    const isTold = record.desired === 'stopped' && record.agentState === 'stopped';
    if (record.desired !== 'stopped') {
      const result = await streams.append(closeRequest(sid, clock));
      if (result.outcome === 'appended') closedAt = result.events.at(-1)?.id ?? closedAt;
    }
    let loop = (await loops.ensure(sid)) ?? (await this.#closeElsewhere(sid));
    while (loop !== null) {
      const resumed = await this.#resumption(sid, closedAt, isTold);
      const end = await Promise.race([loop.ended, resumed.promise]);
      resumed.forget();
      if (end !== 'fenced' && end !== 'lease lost') return;
      loop = await this.#closeElsewhere(sid);
    }
  }

  /**
   * Another node owns the loop: it is given a second to carry the close out. Then, or as soon as it has given the conversation
   * up without that, it is done here. Answers the loop that does it here, or null where nothing is left to do.
   */
  async #closeElsewhere(sid: string): Promise<AgentLoop | null> {
    const { clock, loops, store } = this.#options;
    for (const deadline = clock.monotonic() + OWNER_MS; ; ) {
      const record = await store.conversation(sid);
      if (record === null || record.desired !== 'stopped') return null;
      const { due, owner } = record;
      if (owner === null && !due) return null;
      if (clock.monotonic() >= deadline) return loops.ensure(sid, owner ?? undefined);
      const loop = owner === null ? await loops.ensure(sid) : null;
      if (loop !== null) return loop;
      await delay(clock, LOOK_MS);
    }
  }

  /**
   * Resolves when a user who acted after the close at `closedAt` keeps the loop from ending, and it has said that it
   * has stopped (or `isTold`).
   */
  async #resumption(
    sid: string,
    closedAt: number,
    isTold: boolean,
  ): Promise<{ readonly promise: Promise<void>; forget(): void }> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let hasStopped = isTold;
    let isWished = false;
    const reader = await this.#options.streams.follow(sid, closedAt, {
      deliver(event) {
        hasStopped ||= saysStopped(event);
        isWished ||= isWish(event);
        if (hasStopped && isWished) resolve();
        return true;
      },
      closed: () => resolve(),
    });
    return { promise, forget: () => reader.close() };
  }
}

function saysStopped(event: StoredEvent): boolean {
  return (
    isObservation(event) &&
    event.observation === 'agent_state_changed' &&
    event.extras.agent_state === 'stopped'
  );
}

/** Whether a user, or whoever starts it, wants the conversation to run by this. */
function isWish(event: StoredEvent): boolean {
  if (!isAction(event) || event.source === 'agent') return false;
  return (
    event.action !== 'change_agent_state' ||
    wantsToRun(event.args.agent_state) ||
    event.args.agent_state === 'loading'
  );
}
