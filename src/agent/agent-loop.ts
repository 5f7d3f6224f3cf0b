/**
 * `AgentLoop`: the thin shell around `reduce` and `decide`. It follows the log, decides, appends, carries out.
 *
 *   opening ──▶ deciding ⇄ (appending | stepping | executing | waiting) ──▶ ended
 *
 * What must hold:
 *   - an action is durable before it is carried out, and carried out at most once: whatever was under way when an
 *     owner was lost is answered as interrupted by the next one, never repeated;
 *   - a pause, a stop or a close aborts what is under way in the same turn of the event loop in which it is folded.
 *
 * A loop that waits holds no timer.
 *
 * This class begins, decides, waits and ends. Its parts do the rest: `LoopLog` folds and appends, `Stepper` asks the
 * agent, `ActionRunner` carries out, `RepositoryCloner` clones what is to be worked on, `LoopSnapshots` keeps what makes
 * a reopening fast.
 */
import type { Clock } from '../clock.ts';
import type { Membership } from '../cluster/membership.ts';
import { isError } from '../errors.ts';
import type { AgentState } from '../events/agent-state.ts';
import { errorObservation } from '../events/observations.ts';
import type { HeldWorkspaces } from '../runtime/held-workspaces.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { ConversationRecord } from '../store/event-store.ts';
import type { EventStreams } from '../stream/event-streams.ts';
import { ActionRunner } from './action-runner.ts';
import type { Agent } from './agent.ts';
import { type Decision, decide, interruption, isResting, type LoopLimits, whyInterrupted } from './decide.ts';
import { LiveText } from './live-text.ts';
import { LoopLog, stateAfter } from './loop-log.ts';
import { LoopRest } from './loop-rest.ts';
import { LoopSnapshots } from './loop-snapshots.ts';
import { hasWish } from './loop-state.ts';
import { type LoopEnd, LoopWriter } from './loop-writer.ts';
import { RepositoryCloner, type SelectedRepository } from './repository-cloner.ts';
import { Stepper } from './stepper.ts';
import { UnderWay } from './under-way.ts';
import { WorkspaceTakeover } from './workspace-takeover.ts';

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
  /** The repository to work on, where there is one: it is cloned before the agent's first step. */
  readonly repository?: SelectedRepository;
  /** Which workspaces this node has, where others don't share them. @default they do */
  readonly held?: HeldWorkspaces;
  /** A snapshot is saved after so many events. @default 100 */
  readonly snapshotEvery?: number;
  readonly onError: (error: unknown, what: string) => void;
}

export class AgentLoop {
  readonly sid: string;
  readonly userId: string;
  readonly epoch: number;
  readonly agentName: string;
  /** Resolves, never rejects, when the loop has ended and released what it held. */
  readonly ended: Promise<LoopEnd>;
  readonly #options: AgentLoopOptions;
  readonly #writer: LoopWriter;
  readonly #log: LoopLog;
  readonly #snapshots: LoopSnapshots;
  readonly #liveText: LiveText;
  readonly #stepper: Stepper;
  readonly #runner: ActionRunner;
  readonly #cloner: RepositoryCloner;
  readonly #workspace: WorkspaceTakeover;
  readonly #underWay = new UnderWay();
  /** Whether its log has been folded up to the head. */
  #isLive = false;
  readonly #rest: LoopRest;
  readonly #opened = Promise.withResolvers<void>();
  #end: LoopEnd | null = null;
  #released = false;
  #stopping = false;
  #closeWanted = false;

  constructor(options: AgentLoopOptions) {
    const { agent, clock, conversation, streams } = options;
    const { sid } = conversation;
    this.sid = sid;
    this.userId = conversation.userId;
    this.epoch = conversation.epoch;
    this.agentName = agent.name;
    this.#options = options;
    const control = {
      hasEnded: () => this.#end !== null,
      isStopping: () => this.#stopping,
      end: (end: LoopEnd) => this.#endWith(end),
    };
    this.#writer = new LoopWriter({ ...options, ...control, sid, epoch: this.epoch });
    this.#log = new LoopLog({
      ...options,
      ...control,
      writer: this.#writer,
      onFolded: (isLive) => this.#folded(isLive),
      onClosed: (error) => this.#logClosed(error),
    });
    this.#snapshots = new LoopSnapshots({ ...options, sid, store: streams.store });
    this.#liveText = new LiveText(streams, sid);
    const parts = {
      ...options,
      ...control,
      sid,
      writer: this.#writer,
      log: this.#log,
      liveText: this.#liveText,
      underWay: this.#underWay,
    };
    this.#stepper = new Stepper(parts);
    this.#runner = new ActionRunner(parts);
    this.#cloner = new RepositoryCloner(parts);
    this.#workspace = new WorkspaceTakeover({ ...parts, clones: options.limits.clones ?? false });
    this.#rest = new LoopRest(clock);
    this.ended = this.#live();
  }

  /** Whether ownership was given up at the end. */
  get released(): boolean {
    return this.#released;
  }

  /** Whether the store says that there is something to do. */
  get isDue(): boolean {
    return this.#log.due;
  }

  get agentState(): AgentState {
    return this.#log.state.agentState;
  }

  /** Since when it has waited (on the monotonic clock), or null while it has something to do. */
  get idleSince(): number | null {
    return isResting(this.agentState) ? this.#rest.since : null;
  }

  /** Somebody watched until now: it counts as idle from here. */
  touch(): void {
    this.#rest.touch();
  }

  /**
   * Gives the conversation up: what is under way may end within `graceMs`, then it is interrupted and answered.
   * Resolves when the loop has ended.
   */
  async stop(graceMs: number): Promise<LoopEnd> {
    this.#stopping = true;
    this.#rest.wake();
    const cancel = this.#options.clock.after(graceMs, () => {
      if (!this.#isLive) this.#endWith('released'); // it is still being opened
      this.#underWay.end('the server is shutting down');
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
    if (!isResting(this.agentState) || this.#underWay.isBusy || this.#end !== null) return false;
    this.#closeWanted = true;
    this.#rest.wake();
    return (await this.#rest.next()) === 'closed';
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
    this.#log.close();
    // What its commands started ends with the loop, before anybody else may claim the conversation.
    await this.#runner[Symbol.asyncDispose]();
    await this.#saveSnapshot();
    await this.#release();
    this.#rest.tell(this.#end);
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
    const { conversation, streams } = this.#options;
    const snapshot = await this.#writer.trying(() => this.#snapshots.load());
    if (snapshot === null) return; // ended
    if (snapshot.found !== null) this.#log.restore(snapshot.found);
    if ((await this.#writer.trying(() => this.#liveText.open())) === null) return;
    this.#log
      .follow(() => {
        this.#isLive = true;
        this.#rest.wake();
      })
      .catch((error: unknown) => this.#logClosed(error));
    // Whoever stops the loop wakes it too: until the log is folded nobody knows what has been answered.
    while (!this.#isLive && this.#end === null) await this.#rest.sleep();
    if (this.#end !== null) return;
    // The feed may be behind the claim: what made this conversation run must be known before anything is decided.
    await streams.reached(this.sid, conversation.head);
    if (this.#end !== null) return;
    await this.#saveSnapshot();
    const left = conversation.executing ?? this.#log.state.executing?.id ?? null;
    if (left !== null) await this.#answerInterrupted(left);
  }

  /** An action that was under way may or may not have taken effect: it is answered, and never repeated. */
  async #answerInterrupted(id: number): Promise<void> {
    const isOwn = this.#log.state.inbox.some((item) => item.kind === 'run' && item.id === id);
    const why =
      'Interrupted: the server that ran it has died or was restarted. It may or may not have taken effect.';
    await this.#log.answer(id, isOwn ? 'user' : 'agent', errorObservation(why));
  }

  /** One decision, carried out. */
  async #turn(): Promise<void> {
    const { state } = this.#log;
    if (this.#stopping) {
      if (state.executing !== null)
        await this.#abandonAction(state.executing.id, 'the server is shutting down');
      this.#endWith('released');
      return;
    }
    if (this.#isClosed()) return this.#endClosed();
    if (this.#snapshots.isOverdue(state)) await this.#saveSnapshot();
    // A loop that only closes needs no workspace.
    if (this.#log.desired === 'running') await this.#workspace.take();
    // Asked here once for a step, a clone and an append: each begins at once. A command waits for its runtime, and asks then.
    const may = this.#options.membership.mayAct();
    if (!(may instanceof Promise ? await may : may)) return this.#endWith('lease lost');
    if (this.#end !== null) return;
    const decision = decide(state, this.#options.limits);
    switch (decision.do) {
      case 'wait':
        return this.#wait();
      case 'append':
        return this.#append(decision);
      case 'step':
        return this.#stepper.step();
      case 'clone':
        return this.#cloner.clone();
      case 'execute':
        // Somebody closed the conversation while this process stood still, and another one leads it since.
        if (!decision.own && decision.id !== this.#log.named) return this.#endWith('fenced');
        return this.#runner.execute(decision.id, decision.action, decision.own);
      case 'abandon':
        return this.#abandonAction(decision.id, decision.why);
    }
  }

  /** Whether the conversation should not run, and has been told so. */
  #isClosed(): boolean {
    const { desired, state } = this.#log;
    if (desired === 'running' || state.executing !== null) return false;
    return state.inbox.every((item) => item.kind !== 'close') && isResting(state.agentState);
  }

  async #endClosed(): Promise<void> {
    // What wants it to run and stands here was stored after the close: then it waits for a place, and stays due.
    if (this.#log.due && !hasWish(this.#log.state) && !(await this.#log.settle())) return;
    this.#endWith('closed');
  }

  async #wait(): Promise<void> {
    if (this.#log.due && !(await this.#log.settle())) return;
    if (this.#closeWanted) {
      this.#closeWanted = false;
      if ((await this.#log.closeAtRest()) === 'behind') this.#rest.tell(null);
      return;
    }
    await this.#saveSnapshot();
    // Whatever came while it saved is decided on first.
    if (this.#end !== null || this.#stopping || this.#closeWanted) return;
    if (decide(this.#log.state, this.#options.limits).do !== 'wait') return;
    await this.#rest.sleep();
  }

  async #append({ batch, thenStep }: Decision & { do: 'append' }): Promise<void> {
    const halted = stateAfter(batch, 'running');
    if (halted === 'paused' || halted === 'stopped') await this.#runner.halt();
    if (thenStep) await this.#stepper.stepWith(batch);
    else await this.#log.append(batch);
  }

  async #abandonAction(id: number, why: string): Promise<void> {
    await this.#log.answer(id, 'agent', errorObservation(`Not carried out: ${why}.`));
  }

  #folded(isLive: boolean): void {
    if (this.#closeWanted) {
      this.#closeWanted = false;
      this.#rest.tell(null);
    }
    if (!isLive) return;
    if (this.#underWay.isBusy) {
      const stopped = interruption(this.#log.state);
      if (stopped !== null) this.#underWay.abort(whyInterrupted(stopped));
    }
    this.#rest.wake();
  }

  #logClosed(error: unknown): void {
    const isGone = error === undefined || isError(error, 'conversation_not_found');
    if (!isGone) this.#options.onError(error, `agent loop of ${this.sid}`);
    this.#endWith(isGone ? 'deleted' : 'failed');
  }

  #endWith(end: LoopEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#underWay.end(`the loop has ended: ${end}`);
    this.#writer.giveUp();
    this.#rest.wake();
  }

  async #saveSnapshot(): Promise<void> {
    if (this.#end === 'fenced' || this.#end === 'deleted') return;
    await this.#snapshots.save(this.#log.state);
  }
}
