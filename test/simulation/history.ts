/**
 * What a simulated schedule did, as an observer outside of all processes sees it, and the invariants that must hold
 * at every moment. Those that must hold in the end are in `checks.ts`.
 */
import type { Agent } from '../../src/agent/agent.ts';
import { hasWish, initialState, reduce, wantsToRun } from '../../src/agent/loop-state.ts';
import type { StoredEvent } from '../../src/events/event.ts';
import type { AppendRequest, AppendResult, ConversationRecord } from '../../src/store/event-store.ts';
import type { MemoryEventCore } from '../../src/store/memory-event-core.ts';

export interface Acknowledged {
  readonly sid: string;
  readonly id: number;
  /** What the client sent: it must be found at that id. */
  readonly actionId: string;
}

export class History {
  readonly core: MemoryEventCore;
  readonly violations: string[] = [];
  readonly acknowledged: Acknowledged[] = [];
  readonly sids = new Set<string>();
  /** Whether processes hear of each other's appends at once, so that an acknowledged pause is heard everywhere. */
  immediate = true;
  /** How many conversations of the one user may run. */
  limit: number | null = null;
  /** Content of every event as it was first stored. */
  readonly stored = new Map<string, string>();
  readonly #executions = new Map<string, number>();
  readonly #halts = new Map<string, number>();

  constructor(core: MemoryEventCore) {
    this.core = core;
  }

  violation(invariant: string, what: string): void {
    this.violations.push(`${invariant}: ${what}`);
  }

  log(sid: string): readonly StoredEvent[] {
    const events: StoredEvent[] = [];
    for (;;) {
      const page = this.core.events({ sid, after: events.at(-1)?.id ?? -1, limit: 1000 });
      events.push(...page.events);
      if (!page.hasMore) return events;
    }
  }

  /** A commit, seen where it happens. */
  appended(request: AppendRequest, before: ConversationRecord | null, result: AppendResult): void {
    if (result.outcome !== 'appended' || result.repeated) return;
    this.sids.add(request.sid);
    if (request.epoch !== undefined && before !== null && before.epoch !== request.epoch) {
      this.violation(
        'I2',
        `${request.sid}: epoch ${request.epoch} wrote after a claim of epoch ${before.epoch}`,
      );
    }
    for (const event of result.events) {
      const name = `${request.sid}/${event.id}`;
      const content = JSON.stringify(event);
      const known = this.stored.get(name);
      if (known !== undefined && known !== content) this.violation('I1', `${name} was stored twice`);
      this.stored.set(name, content);
    }
    if (request.set?.due === false && this.#unmet(request.sid)) {
      this.violation('I5', `${request.sid}: rest was declared at ${result.head} over what was not met`);
    }
    if (this.limit !== null && before?.desired !== 'running' && result.desired === 'running') {
      const running = this.core.running(before?.userId ?? '', 1000).length;
      if (running > this.limit) this.violation('I8', `${running} conversations run, ${this.limit} may`);
    }
  }

  /** Whether a user did something in this log that no loop has met. */
  #unmet(sid: string): boolean {
    return hasWish(
      this.log(sid).reduce((state, event) => reduce(state, event, noAgent), initialState(noAgent)),
    );
  }

  /** A client was told that its action is stored. */
  acknowledge(ack: Acknowledged, action: { action: string; args: Record<string, unknown> }): void {
    this.acknowledged.push(ack);
    const state = action.action === 'change_agent_state' ? action.args['agent_state'] : null;
    if (state === 'paused' || state === 'stopped') {
      this.#halts.set(ack.sid, Math.max(this.#halts.get(ack.sid) ?? -1, ack.id));
    }
  }

  /**
   * A runtime begins to carry out a command.
   * @param late It may be another one that the store names by now.
   */
  executed(command: string, late = false): void {
    const [sid = '', who] = command.split('/');
    const times = (this.#executions.get(command) ?? 0) + 1;
    this.#executions.set(command, times);
    if (times > 1) this.violation('I7', `${command} was carried out ${times} times`);
    const log = this.log(sid);
    const event = log.findLast(
      (one) => 'action' in one && one.action === 'run' && one.args.command === command,
    );
    if (event === undefined) {
      this.violation('durable before carried out', command);
      return;
    }
    const record = this.core.conversation(sid);
    if (!late && record?.executing !== event.id) {
      this.violation(
        'executing',
        `${command} (${event.id}) is carried out while ${record?.executing} is named`,
      );
    }
    const halt = this.#halts.get(sid) ?? -1;
    if (who === 'agent' && this.immediate && halt > lastLetGoOn(log)) {
      this.violation('I7', `${command} began after the stop or pause ${halt} was acknowledged`);
    }
  }

  executions(command: string): number {
    return this.#executions.get(command) ?? 0;
  }
}

const noAgent: Agent<null> = {
  name: 'NoAgent',
  version: '1',
  initialState: () => null,
  fold: () => null,
  step: () => null,
};

/** Whether a user's event lets the agent act. */
export function letsGoOn(event: StoredEvent): boolean {
  if (!('action' in event) || event.source !== 'user') return false;
  if (event.action === 'change_agent_state') return wantsToRun(event.args.agent_state);
  return event.action === 'message';
}

function lastLetGoOn(log: readonly StoredEvent[]): number {
  return log.findLast(letsGoOn)?.id ?? -1;
}
