/** Mutants that only several nodes can show. */
import type { Mutant } from './mutants.ts';

const closing = 'manager/closing.ts';
const loops = 'manager/loops.ts';
const manager = 'manager/core-manager.ts';
const membership = 'cluster/leased-membership.ts';
/** Stands for the statements of `cluster/node-rows.ts`. */
const table = '../test/simulation/node-table.ts';

export const clusterMutants: readonly Mutant[] = [
  {
    name: 'heartbeat that revives the dead',
    early: { seed: 26 },
    file: table,
    replace: 'if (row === undefined || row.deadAt !== null) return { alive: false, nodes };',
    by: 'if (row === undefined) return { alive: false, nodes };',
    also: [
      {
        file: table,
        replace: '      draining,\n      heardAt: now,',
        by: '      draining,\n      deadAt: null,\n      heardAt: now,',
      },
    ],
  },
  {
    name: 'lock loss taken for death right after a database restart',
    file: membership,
    replace: 'databaseAgeMs <= this.#leaseMs || now - this.#regainedAt <= this.#leaseMs',
    by: 'databaseAgeMs < 0',
    also: [{ file: table, replace: 'if (this.hasJustStarted) return [];', by: '' }],
  },
  {
    name: 'rejoin under the same incarnation',
    file: membership,
    replace: 'await this.#join(this.#clock.id(), before);',
    by: 'await this.#join(before, null);',
    also: [{ file: table, replace: 'if (this.#rows.has(node.incarnation)) throw', by: 'if (false) throw' }],
  },
  {
    name: 'lease counted by a clock that sleeps',
    file: 'cluster/lease.ts',
    replace: 'Math.max(to.monotonic - from.monotonic, to.wall - from.wall)',
    by: 'to.monotonic - from.monotonic',
  },
  {
    name: 'certain of its life without a look',
    file: membership,
    replace: 'this.#shownAt !== null && passed(this.#shownAt, this.#lease.moment()) < certainMs',
    by: 'passed(this.#lease.moment(), this.#lease.moment()) < certainMs',
  },
  {
    name: 'lock taken again without telling',
    early: { seed: 20 },
    file: membership,
    replace: 'await this.#beat();\n        if (lock.held',
    by: 'if (lock.held',
  },
  {
    name: 'absence taken for death',
    file: 'cluster/known-nodes.ts',
    replace: 'node.shownAt < askedAt',
    by: 'node.shownAt < Infinity',
  },
  {
    name: 'command that begins after the end of its loop',
    early: { seed: 12 },
    file: 'agent/under-way.ts',
    replace: 'if (this.#over !== null) this.#controller.abort(this.#over);',
    by: '',
  },
  {
    name: 'lease not checked before an effect',
    early: { seed: 2 },
    file: 'agent/action-runner.ts',
    replace: "if (!(await membership.mayAct())) end('lease lost');",
    by: '',
  },
  {
    name: 'loops not abandoned when the lease is lost',
    file: manager,
    replace: 'lost: () => this.#loops.abandonAll(),',
    by: 'lost: async () => {},',
  },
  {
    name: 'claim without the lease',
    file: loops,
    replace: 'if (!this.#options.membership.holdsLease()) {',
    by: 'if (this.#failed === undefined) {',
  },
  {
    name: 'takeover of a living owner',
    file: loops,
    replace: 'if (!(await membership.isDead(first.owner))) return null;',
    by: '',
  },
  {
    name: 'drain that keeps taking on',
    early: { seed: 6 },
    file: loops,
    replace: 'this.#accepting = false;',
    by: '',
  },
  {
    name: 'work note lost and no reconcile',
    early: { seed: 4 },
    file: 'manager/reconciler.ts',
    replace: '    this.#rounds.start();',
    by: '',
  },
  {
    name: 'close that does not fence the loop elsewhere',
    file: closing,
    replace: 'if (clock.monotonic() >= deadline) return loops.ensure(sid, owner ?? undefined);',
    by: 'if (clock.monotonic() >= deadline) return null;',
  },
  {
    name: 'unknown presence taken for none',
    early: { seed: 6 },
    file: 'cluster/shared-presence.ts',
    replace: 'if (found === null || (others.size > 0 && !found.complete)) return null;',
    by: 'if (found === null) return null;',
  },
  {
    name: 'idle close where presence is not known',
    file: 'manager/idle-conversations.ts',
    replace: 'if ((await presence.viewers(loop.sid)) === 0) await',
    by: 'if (!(await presence.viewers(loop.sid))) await',
  },
  {
    name: 'limit counted per node',
    file: 'store/memory-event-core.ts',
    replace: "this.#select((record) => record.desired === 'running' && record.userId === userId).length,",
    by:
      "this.#select((record) => record.desired === 'running' && record.userId === userId &&" +
      ' record.owner === (known?.record.owner ?? null)).length,',
  },
];
