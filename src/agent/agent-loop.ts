/**
 * `AgentLoop`: the thin shell around `reduce` and `decide`. It follows the log, decides, appends, carries out.
 *
 *   opening ──▶ deciding ⇄ (appending | stepping | executing | waiting) ──▶ ended
 *
 * What must hold:
 *   - an action is durable before it is carried out, and carried out at most once: whatever was under way when an
 *     owner was lost is answered as interrupted by the next one, never repeated;
 *   - every append carries the epoch; actions, messages and state changes also carry the last id folded, so that
 *     nothing a user did before them is overlooked;
 *   - the lease is checked right before each effect;
 *   - a pause, a stop or a close aborts what is under way in the same turn of the event loop in which it is folded.
 *
 * A loop that waits holds no timer.
 */
import type { Clock } from '../clock.ts';
import type { Membership } from '../cluster/membership.ts';
import { ConveneError, isError } from '../errors.ts';
import type { RunnableAction } from '../events/actions.ts';
import type { AgentState } from '../events/agent-state.ts';
import { isObservation, type NewEvent, type Source, type StoredEvent } from '../events/event.ts';
import { isRunnable } from '../events/kinds.ts';
import { errorObservation, type Observation } from '../events/observations.ts';
import { type Redactor, redactor } from '../events/redaction.ts';
import type { ExecuteOptions, Runtime } from '../runtime/runtime.ts';
import type { AppendRequest, ConversationRecord, Desired } from '../store/event-store.ts';
import type { EventStreams } from '../stream/event-streams.ts';
import type { FeedReader } from '../stream/feed.ts';
import type { Agent, AgentAction } from './agent.ts';
import {
  type Batch,
  closeAtRest,
  type Decision,
  decide,
  failed,
  interruption,
  isResting,
  type LoopLimits,
  propose,
  whyInterrupted,
} from './decide.ts';
import { hasWish, initialState, type LoopState, REDUCER_VERSION, reduce, wantsToRun } from './loop-state.ts';
import { type LoopEnd, LoopWriter } from './loop-writer.ts';
import { type StepFailure, stepFailure } from './step-failure.ts';
import { withAbort } from './with-abort.ts';

export interface AgentLoopOptions {
  /** As the claim answered it. */
  readonly conversation: ConversationRecord;
  readonly agent: Agent;
  readonly limits: LoopLimits;
  readonly streams: EventStreams;
  readonly membership: Membership;
  readonly clock: Clock;
  /** Opens the conversation's runtime, at the first action; the loop disposes of it at its end. */
  readonly openRuntime: () => Promise<Runtime>;
  /** A snapshot is saved after so many events. @default 100 */
  readonly snapshotEvery?: number;
  readonly onError: (error: unknown, what: string) => void;
}

/** What a step came to. Null in place of it: it was aborted, and nothing is to be appended. */
type Answer =
  | { readonly proposed: AgentAction | null }
  | { readonly failure: StepFailure; readonly error: unknown };

type LoopAppend = Pick<AppendRequest, 'events'> & { readonly set: NonNullable<AppendRequest['set']> };

type AppendOutcome = 'appended' | 'behind' | 'ended';

const SNAPSHOT_EVERY = 100;
/** While a loop is busy it saves a snapshot only after so many times more events. */
const SNAPSHOT_BUSY = 10;

export class AgentLoop {
  readonly sid: string;
  readonly userId: string;
  readonly epoch: number;
  readonly agentName: string;
  /** Resolves, never rejects, when the loop has ended and released what it held. */
  readonly ended: Promise<LoopEnd>;
  readonly #options: AgentLoopOptions;
  readonly #streams: EventStreams;
  #state: LoopState;
  readonly #writer: LoopWriter;
  #reader: FeedReader | null = null;
  #runtime: Promise<Runtime> | null = null;
  /** Takes this conversation's secrets out of what is streamed. */
  #redactor: Redactor = redactor([]);
  #end: LoopEnd | null = null;
  #released = false;
  /** Whether the store still says that there is something to do. */
  #due: boolean;
  /** As of the last commit that this loop knows of; a close that it has yet to meet is in the inbox. */
  #desired: Desired;
  #stopping = false;
  #closeWanted = false;
  #changed: (() => void) | null = null;
  /** Aborts what is under way. */
  #underWay: AbortController | null = null;
  #idleSince: number;
  readonly #opened = Promise.withResolvers<void>();
  #snapshotId = -1;
  readonly #snapshotEvery: number;
  /** The last event that somebody else appended for the loop to meet. */
  #heard = -1;

  constructor(options: AgentLoopOptions) {
    const { conversation } = options;
    this.sid = conversation.sid;
    this.userId = conversation.userId;
    this.epoch = conversation.epoch;
    this.agentName = options.agent.name;
    this.#options = options;
    this.#streams = options.streams;
    this.#writer = new LoopWriter({
      sid: this.sid,
      epoch: this.epoch,
      streams: options.streams,
      membership: options.membership,
      clock: options.clock,
      hasEnded: () => this.#end !== null,
      end: (end) => this.#endWith(end),
    });
    this.#snapshotEvery = options.snapshotEvery ?? SNAPSHOT_EVERY;
    this.#due = conversation.due;
    this.#desired = conversation.desired;
    this.#idleSince = options.clock.monotonic();
    this.#state = initialState(options.agent);
    this.ended = this.#live();
  }

  /** Whether ownership was given up at the end. */
  get released(): boolean {
    return this.#released;
  }

  get agentState(): AgentState {
    return this.#state.agentState;
  }

  /** Since when it has waited (on the monotonic clock), or null while it has something to do. */
  get idleSince(): number | null {
    return this.#changed !== null && isResting(this.#state.agentState) ? this.#idleSince : null;
  }

  /** Somebody watched until now: it counts as idle from here. */
  touch(): void {
    this.#idleSince = this.#options.clock.monotonic();
  }

  /**
   * Gives the conversation up: what is under way may end within `graceMs`, then it is interrupted and answered.
   * Resolves when the loop has ended.
   */
  async stop(graceMs: number): Promise<LoopEnd> {
    this.#stopping = true;
    this.#wake();
    const cancel = this.#options.clock.after(graceMs, () => {
      if (this.#reader === null) this.#endWith('released'); // it is still being opened
      this.#underWay?.abort(new Error('the server is shutting down'));
      this.#writer.giveUp();
    });
    try {
      return await this.ended;
    } finally {
      cancel();
    }
  }

  /** Ends at once and writes nothing more: the lease is lost, or a newer owner is known. */
  abandon(reason: 'fenced' | 'lease lost' | 'deleted'): void {
    this.#endWith(reason);
  }

  /**
   * Closes the conversation where the loop rests and nothing has happened that it has not met. Answers whether it was
   * closed.
   */
  async closeIfIdle(): Promise<boolean> {
    await this.#opened.promise;
    if (!isResting(this.#state.agentState) || this.#underWay !== null || this.#end !== null) return false;
    this.#closeWanted = true;
    this.#wake();
    return (await this.#nextRest()) === 'closed';
  }

  async #live(): Promise<LoopEnd> {
    try {
      await this.#open();
      this.#opened.resolve();
      while (this.#end === null) await this.#turn();
    } catch (error) {
      this.#options.onError(error, `agent loop of ${this.sid}`);
      this.#end ??= 'failed';
    }
    this.#opened.resolve();
    this.#reader?.close();
    try {
      // What its commands started ends with the loop, before anybody else may claim the conversation.
      await (await this.#runtime)?.[Symbol.asyncDispose]();
    } catch (error) {
      this.#options.onError(error, `runtime of ${this.sid}`);
    }
    await this.#saveSnapshot();
    await this.#release();
    this.#wakeWaiters();
    return this.#end ?? 'failed';
  }

  async #release(): Promise<void> {
    if (this.#end === 'fenced' || this.#end === 'deleted') return;
    try {
      await this.#writer.release();
      this.#released = true;
    } catch (error) {
      // The epoch fences this loop out anyway; whoever claims next does not need the release.
      this.#options.onError(error, `release of ${this.sid}`);
    }
  }

  /** Folds the log up to its head, then answers what an earlier owner left under way. */
  async #open(): Promise<void> {
    const { conversation, agent } = this.#options;
    const snapshot = await this.#writer.trying(() =>
      this.#streams.store.loadSnapshot(this.sid, this.#version()),
    );
    if (snapshot === null) return; // ended
    if (snapshot.found !== null) {
      this.#state = { ...initialState(agent), ...JSON.parse(snapshot.found.state) };
      this.#snapshotId = snapshot.found.id;
    }
    const secrets = await this.#writer.trying(async () => this.#streams.redactor(this.sid));
    if (secrets === null) return;
    this.#redactor = secrets.found;
    const caughtUp = new Promise<void>((resolve) => {
      this.#changed = resolve; // the end of the loop wakes it too
      this.#openReader(resolve).catch((error: unknown) => this.#readerClosed(error));
    });
    await caughtUp;
    // The feed may be behind the claim: what made this conversation run must be known before anything is decided.
    await this.#streams.reached(this.sid, conversation.head);
    if (this.#end !== null) return;
    await this.#saveSnapshot();
    const left = conversation.executing ?? this.#state.executing?.id ?? null;
    if (left !== null)
      await this.#answerInterrupted(left, 'the server that ran it has died or was restarted');
  }

  async #openReader(live: () => void): Promise<void> {
    const opened = await this.#writer.trying(() =>
      this.#streams.follow(this.sid, this.#state.lastId, {
        deliver: (event, isLive) => {
          this.#fold(event, isLive);
          return this.#end === null;
        },
        live,
        closed: (error) => this.#readerClosed(error),
      }),
    );
    if (opened === null) return;
    this.#reader = opened.found;
    if (this.#end !== null) opened.found.close();
  }

  /** The log is gone, or an event of it could not be folded. */
  #readerClosed(error: unknown): void {
    const isGone = error === undefined || isError(error, 'conversation_not_found');
    if (!isGone) this.#options.onError(error, `agent loop of ${this.sid}`);
    this.#endWith(isGone ? 'deleted' : 'failed');
  }

  /** An action that was under way may or may not have taken effect: it is answered, and never repeated. */
  async #answerInterrupted(id: number, why: string): Promise<void> {
    const own = this.#state.inbox.find((item) => item.kind === 'run' && item.id === id);
    const source: Source = own === undefined ? 'agent' : 'user';
    await this.#answer(
      id,
      source,
      errorObservation(`Interrupted: ${why}. It may or may not have taken effect.`),
    );
  }

  /** One decision, carried out. */
  async #turn(): Promise<void> {
    if (this.#stopping) {
      if (this.#state.executing !== null) {
        await this.#abandonAction(this.#state.executing.id, 'the server is shutting down');
      }
      this.#endWith('released');
      return;
    }
    if (this.#isClosed()) return this.#endClosed();
    if (this.#state.lastId - this.#snapshotId >= this.#snapshotEvery * SNAPSHOT_BUSY)
      await this.#saveSnapshot();
    const decision = decide(this.#state, this.#options.limits);
    switch (decision.do) {
      case 'wait':
        return this.#wait();
      case 'append':
        return this.#appendDecided(decision);
      case 'step':
        return this.#step();
      case 'execute':
        return this.#execute(decision.id, decision.action, decision.own);
      case 'abandon':
        return this.#abandonAction(decision.id, decision.why);
    }
  }

  /** Whether the conversation should not run, and has been told so. */
  #isClosed(): boolean {
    if (this.#desired === 'running' || this.#state.executing !== null) return false;
    return this.#state.inbox.every((item) => item.kind !== 'close') && isResting(this.#state.agentState);
  }

  async #endClosed(): Promise<void> {
    // What wants it to run and stands here was stored after the close: then it waits for a place, and stays due.
    if (this.#due && !hasWish(this.#state) && !(await this.#settle())) return;
    this.#endWith('closed');
  }

  /** Everything is met: whoever starts this server next need not load this conversation. */
  async #settle(): Promise<boolean> {
    return (await this.#append({ events: [], set: { due: false } }, true)) === 'appended';
  }

  async #wait(): Promise<void> {
    if (this.#due && !(await this.#settle())) return;
    if (this.#closeWanted) {
      this.#closeWanted = false;
      await this.#closeNow();
      return;
    }
    await this.#saveSnapshot();
    const seen = this.#state.lastId;
    // Whatever came while it saved is decided on first.
    if (this.#end !== null || this.#stopping || this.#closeWanted || seen !== this.#state.lastId) return;
    if (decide(this.#state, this.#options.limits).do !== 'wait') return;
    this.#idleSince = this.#options.clock.monotonic();
    await new Promise<void>((resolve) => {
      this.#changed = resolve;
      this.#wakeWaiters();
    });
  }

  /** Closes a conversation in which nothing happens; refused by the store where something has happened after all. */
  async #closeNow(): Promise<void> {
    const set = { desired: 'stopped', due: false, agentState: 'stopped' } as const;
    const outcome = await this.#append({ events: closeAtRest(this.#state).events, set }, true);
    if (outcome === 'behind') this.#wakeWaiters();
  }

  async #appendDecided(decision: Decision & { do: 'append' }): Promise<void> {
    const { batch } = decision;
    if (halts(batch)) await this.#haltRuntime();
    if (!decision.thenStep) {
      await this.#appendBatch(batch);
      return;
    }
    // The agent is asked before the change to running is durable. One that answers at once has its answer committed
    // with that change; one that takes its time is waited for while the change commits.
    const step = this.#ask();
    if (step.answer instanceof Promise) {
      const outcome = await this.#appendBatch(batch);
      // What came between is met at once: it may be a pause, and the agent does not know of it.
      if (outcome !== 'appended') this.#underWay?.abort(new Error('something came between'));
      await this.#take(await step.answer, step.heard);
      return;
    }
    if (step.answer === null) return;
    const own = this.#batchOf(step.answer);
    const offset = batch.events.length;
    await this.#appendBatch({
      events: [...batch.events, ...own.events],
      ...(own.executing === undefined ? {} : { executing: own.executing + offset }),
    });
  }

  async #step(): Promise<void> {
    const step = this.#ask();
    await this.#take(await step.answer, step.heard);
  }

  /** A pause or a stop also ends what was left running when its time was over. */
  async #haltRuntime(): Promise<void> {
    try {
      await (await this.#runtime)?.interrupt();
    } catch (error) {
      this.#options.onError(error, `runtime of ${this.sid}`);
    }
  }

  /** Asks the agent for its next action. `heard`: what it can know of. */
  #ask(): { readonly answer: Answer | null | Promise<Answer | null>; readonly heard: number } {
    const heard = this.#heard;
    if (!this.#options.membership.holdsLease()) {
      this.#endWith('lease lost');
      return { answer: null, heard };
    }
    const controller = this.#begin();
    const { signal } = controller;
    // A secret may come in pieces: what could be the beginning of one is held back until the step has ended.
    const tokens = this.#redactor.stream();
    const show = (text: string): void => {
      if (text === '' || this.#underWay !== controller) return;
      this.#streams.publishFrame(this.sid, { type: 'delta', kind: 'message', text });
    };
    const done = (): void => {
      if (!signal.aborted) show(tokens.flush());
      this.#finish(controller);
    };
    try {
      const proposed = this.#options.agent.step({
        sid: this.sid,
        state: this.#state.agent,
        signal,
        history: async (after, limit) =>
          (await this.#streams.store.events({ sid: this.sid, after, limit })).events,
        stream: (text) => show(tokens.push(text)),
      });
      if (!(proposed instanceof Promise)) {
        done();
        return { answer: { proposed }, heard };
      }
      const answer = withAbort(proposed, signal, this.#options.clock)
        .then((action): Answer | null => (signal.aborted ? null : { proposed: action }))
        .catch((error: unknown): Answer | null =>
          signal.aborted ? null : { failure: stepFailure(error), error },
        )
        .finally(done);
      return { answer, heard };
    } catch (error) {
      done();
      return { answer: { failure: stepFailure(error), error }, heard };
    }
  }

  /** Appends what the agent proposed, unless something has happened that it did not know of. */
  async #take(answer: Answer | null, heard: number): Promise<void> {
    if (answer === null || this.#end !== null || heard !== this.#heard) return;
    if (decide(this.#state, this.#options.limits).do !== 'step') return;
    // At a shutdown nothing begins any more: the next owner asks the agent again.
    const proposed = 'proposed' in answer ? answer.proposed : null;
    if (this.#stopping && proposed !== null && isRunnable(proposed)) return;
    await this.#appendBatch(this.#batchOf(answer));
  }

  #batchOf(answer: Answer): Batch {
    if ('proposed' in answer) return propose(this.#state, this.#options.limits, answer.proposed);
    const { failure, error } = answer;
    if (failure.unexpected) this.#options.onError(error, `${this.agentName} of ${this.sid}`);
    if (failure.status !== null) {
      const { status: id, message } = failure;
      this.#streams.publishFrame(this.sid, { type: 'status', level: 'error', id, message });
    }
    return failed(failure.message, failure.errorId, failure.state);
  }

  async #execute(id: number, action: RunnableAction, own: boolean): Promise<void> {
    const source = own ? 'user' : 'agent';
    if (own && !(await this.#writer.markExecuting(id))) return;
    const stopped = interruption(this.#state);
    if (stopped !== null) {
      await this.#answer(id, source, errorObservation(`Not carried out: ${whyInterrupted(stopped)}.`));
      return;
    }
    if (!this.#options.membership.holdsLease()) return this.#endWith('lease lost');
    const controller = this.#begin();
    let observation: Observation;
    try {
      observation = await this.#carryOut(id, action, { source, signal: controller.signal });
    } finally {
      this.#finish(controller);
    }
    if (this.#end === null) await this.#answer(id, source, observation);
  }

  async #carryOut(
    id: number,
    action: RunnableAction,
    { source, signal }: Required<Pick<ExecuteOptions, 'source' | 'signal'>>,
  ): Promise<Observation> {
    const output = this.#redactor.stream();
    try {
      const onOutput = (text: string): void => this.#showOutput(id, output.push(text));
      const execute = async (): Promise<Observation> => {
        const runtime = await this.#openRuntime();
        signal.throwIfAborted();
        return runtime.execute(action, { source, signal, onOutput });
      };
      const observation = await withAbort(execute(), signal, this.#options.clock);
      this.#showOutput(id, output.flush());
      return signal.aborted ? interrupted(signal, observation) : observation;
    } catch (error) {
      if (signal.aborted) return interrupted(signal);
      if (!(error instanceof ConveneError)) this.#options.onError(error, `runtime of ${this.sid}`);
      return errorObservation(error instanceof Error ? error.message : String(error), 'AGENT_ERROR$RUNTIME');
    }
  }

  /** One that could not be opened is opened again for the next action. */
  async #openRuntime(): Promise<Runtime> {
    this.#runtime ??= this.#options.openRuntime();
    try {
      return await this.#runtime;
    } catch (error) {
      this.#runtime = null;
      throw error;
    }
  }

  #showOutput(cause: number, text: string): void {
    if (text !== '') this.#streams.publishFrame(this.sid, { type: 'delta', kind: 'output', text, cause });
  }

  async #abandonAction(id: number, why: string): Promise<void> {
    await this.#answer(id, 'agent', errorObservation(`Not carried out: ${why}.`));
  }

  /** Appends an observation of an action that was under way: never refused for what came meanwhile. */
  async #answer(id: number, source: Source, observation: Observation): Promise<void> {
    const event: NewEvent = { ...observation, source, cause: id };
    const others = this.#state.inbox.some((item) => item.id !== id);
    if (this.#due && !others && isResting(this.#state.agentState)) {
      const request = { events: [event], set: { executing: null, due: false } };
      if ((await this.#append(request, true)) !== 'behind') return;
    }
    await this.#append({ events: [event], set: { executing: null } }, false);
  }

  /** Appends a decided batch with all that follows from it, unless the log has moved on. */
  async #appendBatch(batch: Batch): Promise<AppendOutcome> {
    const state = batch.events.reduce<AgentState>(stateAfter, this.#state.agentState);
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

  /** Whether nothing of the inbox is left after these events. */
  #answersAll(batch: Batch): boolean {
    const causes = new Set(batch.events.map((event) => event.cause));
    return this.#state.inbox.every((item) => causes.has(item.id));
  }

  /** Appends; where `guarded`, only if nothing was appended since the last fold. */
  async #append(request: LoopAppend, guarded: boolean): Promise<AppendOutcome> {
    // Before the commit is answered, since what is folded meanwhile may make it due again.
    const rests = request.set.due === false;
    if (rests) this.#due = false;
    const written = await this.#writer.append(request, guarded ? this.#state.lastId : null);
    if (written === null) return 'ended';
    if (written.outcome === 'appended') this.#desired = written.desired;
    else if (rests) this.#due = true;
    return written.outcome;
  }

  #fold(event: StoredEvent, isLive: boolean): void {
    if (this.#end !== null) return;
    this.#state = reduce(this.#state, event, this.#options.agent);
    if (setsDue(event)) this.#due = true;
    if ('action' in event && event.source !== 'agent') this.#heard = event.id;
    if (this.#closeWanted) {
      this.#closeWanted = false;
      this.#wakeWaiters();
    }
    if (!isLive) return;
    if (this.#underWay !== null) {
      const stopped = interruption(this.#state);
      if (stopped !== null) this.#underWay.abort(new Error(whyInterrupted(stopped)));
    }
    this.#wake();
  }

  #begin(): AbortController {
    const controller = new AbortController();
    this.#underWay = controller;
    return controller;
  }

  #finish(controller: AbortController): void {
    if (this.#underWay === controller) this.#underWay = null;
  }

  #endWith(end: LoopEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#underWay?.abort(new Error(`the loop has ended: ${end}`));
    this.#writer.giveUp();
    this.#wake();
  }

  #wake(): void {
    const changed = this.#changed;
    this.#changed = null;
    changed?.();
  }

  #waiters: (() => void)[] = [];

  /** Resolves when the loop waits again, or has ended: then with how. */
  #nextRest(): Promise<LoopEnd | null> {
    return new Promise((resolve) => {
      this.#waiters.push(() => resolve(this.#end));
    });
  }

  #wakeWaiters(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }

  #version(): string {
    const { agent } = this.#options;
    return `${REDUCER_VERSION}/${agent.name}/${agent.version}`;
  }

  async #saveSnapshot(): Promise<void> {
    const id = this.#state.lastId;
    if (id - this.#snapshotId < this.#snapshotEvery || this.#end === 'fenced' || this.#end === 'deleted')
      return;
    this.#snapshotId = id;
    const state = JSON.stringify(this.#state);
    try {
      await this.#streams.store.saveSnapshot({ sid: this.sid, id, version: this.#version(), state });
    } catch (error) {
      this.#options.onError(error, `snapshot of ${this.sid}`); // only a reopening gets slower
    }
  }
}

/** Whether the event makes the conversation due in the store: what a user wants done, and a close. */
function setsDue(event: StoredEvent): boolean {
  if (!('action' in event) || event.source === 'agent') return false;
  if (event.source === 'environment') return event.action === 'change_agent_state';
  return event.action !== 'change_agent_state' || wantsToRun(event.args.agent_state);
}

function halts(batch: Batch): boolean {
  const state = batch.events.reduce<AgentState>(stateAfter, 'running');
  return state === 'paused' || state === 'stopped';
}

function stateAfter(state: AgentState, event: NewEvent): AgentState {
  return isObservation(event) && event.observation === 'agent_state_changed'
    ? event.extras.agent_state
    : state;
}

function interrupted(signal: AbortSignal, observation?: Observation): Observation {
  const reason = signal.reason instanceof Error ? signal.reason.message : 'it was aborted';
  const output = observation?.observation === 'run' ? observation.content : '';
  const shown = output === '' ? '' : `\n\nOutput until then:\n${output}`;
  return errorObservation(`Interrupted: ${reason}.${shown}`, 'AGENT_ERROR$INTERRUPTED');
}
