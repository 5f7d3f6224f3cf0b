/**
 * Mutants: the code with one rule of the design taken out. Each must be caught by the simulation, or the simulation
 * does not test that rule. A mutant is a replacement in the text of a file, which must occur exactly once; where a rule is
 * kept twice, there is a second one.
 */
interface Replacement {
  /** As seen from `src`. */
  readonly file: string;
  readonly replace: string;
  readonly by: string;
}

export interface Mutant extends Replacement {
  readonly name: string;
  readonly also?: readonly Replacement[];
  /** A seed that catches early what chance catches late. No fewer schedules are tried of it. */
  readonly early?: { readonly seed: number };
}

const loop = 'agent/agent-loop.ts';
const log = 'agent/loop-log.ts';
const runner = 'agent/action-runner.ts';
const stepper = 'agent/stepper.ts';
const rules = 'store/append-rules.ts';

export const mutants: readonly Mutant[] = [
  {
    name: 'no fence',
    early: { seed: 24 },
    file: rules,
    replace: 'epoch !== undefined && (epoch !== conversation.epoch || conversation.owner === null)',
    by: 'false',
  },
  {
    name: 'no behind check',
    file: rules,
    replace: 'behind !== undefined && conversation.head > behind',
    by: 'false',
  },
  {
    name: 'no key',
    file: rules,
    replace: 'hasKey(request) ? known.batch(request.writer, request.key) : null',
    by: 'null',
  },
  {
    name: 'no limit',
    file: rules,
    replace: 'return known.running(conversation.userId) >= limit;',
    by: 'return false;',
  },
  {
    name: 'claim without epoch',
    file: 'store/claim-rules.ts',
    replace: 'epoch: record.epoch + 1',
    by: 'epoch: record.epoch',
  },
  {
    name: 'hint trusted as the log',
    file: 'stream/feed.ts',
    replace: 'if (event.id !== this.#cursor + 1) continue;',
    by: 'if (event.id <= this.#cursor) continue;',
  },
  {
    name: 'cursor moved by a hint',
    file: 'stream/feed.ts',
    replace: 'if (hint.id > this.#known) this.#known = hint.id;',
    by: 'if (hint.id > this.#known) { this.#known = hint.id; if (hint.events === undefined) this.#cursor = hint.id; }',
  },
  {
    name: 'reader live before it has caught up',
    file: 'stream/feed.ts',
    replace: 'if (reader.cursor !== this.#cursor) return false;',
    by: '',
  },
  {
    name: 'full reader goes on without what it missed',
    file: 'stream/feed.ts',
    replace: "    this.#state = 'catching-up';\n    this.#feed.internals.catchUp(this);",
    by: "    this.#state = 'catching-up';\n    this.#cursor = this.#feed.cursor;\n    this.#feed.internals.joinLive(this);",
  },
  {
    name: 'lost hints not polled for',
    file: 'stream/event-streams.ts',
    replace: 'for (const [sid, id] of heads) this.#feeds.get(sid)?.opened?.hint({ id });',
    by: '',
  },
  {
    name: 'retry under another key',
    file: 'stream/event-streams.ts',
    replace: 'return await this.store.append(request);',
    by: "return await this.store.append(request.key === undefined ? request : { ...request, key: request.key + '.' + attempt });",
  },
  {
    name: 'executed before it is durable',
    file: stepper,
    replace: '    await log.append(this.#batchOf(answer));',
    by:
      '    const early = this.#batchOf(answer);\n' +
      '    if (early.executing !== undefined) {\n' +
      '      const runtime = await this.#options.openRuntime();\n' +
      '      await runtime.execute(early.events[early.executing], { signal: new AbortController().signal });\n' +
      '    }\n' +
      '    await log.append(early);',
  },
  {
    name: 'recovery that runs again',
    file: loop,
    replace: 'const left = conversation.executing ?? this.#log.state.executing?.id ?? null;',
    by: 'const left = null;',
  },
  {
    name: "a user's command not named as under way",
    file: runner,
    replace: 'if (own && !(await writer.markExecuting(id))) return;',
    by: '',
  },
  { name: 'proposal that overlooks a message', file: stepper, replace: ' || heard !== log.heard', by: '' },
  {
    name: 'observation refused as behind',
    file: log,
    replace: 'await this.#append({ events: [event], set: { executing: null } }, false);',
    by: 'await this.#append({ events: [event], set: { executing: null } }, true);',
  },
  {
    name: 'action under way never cleared',
    file: log,
    replace: 'await this.#append({ events: [event], set: { executing: null } }, false);',
    by: 'await this.#append({ events: [event], set: {} }, false);',
  },
  {
    name: 'rest declared over unmet messages',
    early: { seed: 1 },
    file: log,
    replace: 'this.#append({ events: [], set: { due: false } }, true)',
    by: 'this.#append({ events: [], set: { due: false } }, false)',
  },
  {
    name: 'snapshot that claims one event too many',
    file: 'agent/loop-snapshots.ts',
    replace: 'JSON.stringify(state)',
    by: 'JSON.stringify({ ...state, lastId: id + 1 })',
  },
  {
    name: 'pause acknowledged before the loop has heard it',
    file: 'manager/user-acts.ts',
    replace: 'if (!acts) await streams.reached(sid, event.id);',
    by: '',
  },
  {
    name: 'a start that failed is forgotten',
    early: { seed: 1 },
    file: 'manager/loops.ts',
    replace: '        this.#failed.add(sid);\n        throw error;',
    by: '        throw error;',
  },
  {
    name: 'a stop that also ends what came after it',
    file: 'agent/loop-state.ts',
    replace: 'state.inbox = state.inbox.filter((item) => item.id > cause);',
    by: 'state.inbox = [];',
  },
];
