/**
 * What clients have sent, what they were promised, and what the log says: and what of that is wrong. An answer is a list
 * of violations, in words; an empty one means that the invariant held.
 */
import type { RecordingClient } from '../standalone/harness/client.ts';
import { wrongWith } from '../standalone/harness/visible.ts';
import { commandOf, type Frame, type WireEvent } from '../standalone/harness/wire.ts';

/** Something a client sent, and what is to come of it. */
export interface Sending {
  readonly sid: string;
  readonly frame: Frame & { readonly action_id: string };
  /** Commands that it asks for; each writes its name down. */
  readonly names: readonly string[];
  /** The ids that its acknowledgements told. */
  readonly acks: number[];
}

export class Ledger {
  readonly sendings: Sending[] = [];
  readonly logs = new Map<string, WireEvent[]>();

  get acknowledgements(): number {
    return this.sendings.reduce((sum, { acks }) => sum + acks.length, 0);
  }

  log(sid: string): WireEvent[] {
    return this.logs.get(sid) ?? [];
  }

  /** Reads on where the last reading ended. */
  async read(
    sids: readonly string[],
    events: (sid: string, from: number) => Promise<WireEvent[]>,
  ): Promise<void> {
    for (const sid of sids) {
      const log = this.log(sid);
      log.push(...(await events(sid, log.length)));
      this.logs.set(sid, log);
    }
  }

  /** What a conversation has yet to do. */
  left(sid: string): string[] {
    const log = this.log(sid);
    const state = log.findLast((event) => event.observation === 'agent_state_changed')?.extras?.[
      'agent_state'
    ];
    const answered = new Set(log.map((event) => (event.observation === undefined ? undefined : event.cause)));
    const runs = log.filter((event) => commandOf(event) !== null);
    const done = runs
      .filter(({ id }) => answered.has(id))
      .map(commandOf)
      .join('\n');
    const asked = this.#of(sid).flatMap(({ names }) => names);
    return [
      ...asked.filter((name) => !done.includes(name)),
      ...runs.filter(({ id }) => !answered.has(id)).map((event) => `${event.id} ${commandOf(event)}`),
      ...(state === 'awaiting_user_input' ? [] : [`it is ${state}`]),
    ];
  }

  /** Every acknowledged event is there, as it was sent and under its id. */
  lost(): string[] {
    const missing = this.sendings.flatMap(({ sid, frame, acks }) =>
      acks.filter((id) => contentOf(this.log(sid)[id]) !== contentOf(frame)).map((id) => `${sid}: ${id}`),
    );
    const silent = this.sendings.filter(({ acks }) => acks.length === 0);
    return [...missing, ...silent.map(({ frame }) => `never acknowledged: ${contentOf(frame)}`)];
  }

  /** Ids are 0, 1, 2, … */
  gaps(): string[] {
    return [...this.logs].flatMap(([sid, log]) => {
      const at = log.findIndex(({ id }, index) => id !== index);
      return at === -1 ? [] : [`${sid}: ${log[at]?.id} at place ${at}`];
    });
  }

  /** What was sent with one `action_id` is stored once, however often it was sent. */
  repeated(): string[] {
    return this.sendings.flatMap(({ sid, frame, acks }) => {
      const stored = this.log(sid).filter(
        (event) => event.source === 'user' && contentOf(event) === contentOf(frame),
      );
      const wrong = new Set(acks).size > 1 ? [`${contentOf(frame)}: acknowledged as ${acks.join(', ')}`] : [];
      return stored.length === 1 ? wrong : [...wrong, `${contentOf(frame)}: stored ${stored.length} times`];
    });
  }

  /** No command was run twice, and each is answered once. `names`: what the commands have written down. */
  commands(names: readonly string[]): string[] {
    const counts = new Map<string, number>();
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    const wrong = [...counts]
      .filter(([, count]) => count > 1)
      .map(([name, count]) => `${name}: ${count} times`);
    for (const { sid, names: asked } of this.sendings) {
      for (const name of asked) {
        const actions = this.log(sid).filter((event) => commandOf(event)?.includes(name));
        const answers = this.log(sid).filter(
          (event) => event.observation !== undefined && event.cause === actions[0]?.id,
        );
        if (actions.length !== 1 || answers.length !== 1) {
          wrong.push(`${name}: ${actions.length} actions, ${answers.length} answers`);
        } else if (answers[0]?.observation === 'run' && counts.get(name) !== 1) {
          wrong.push(`${name}: answered as done, and was not`);
        }
      }
    }
    const asked = new Set(this.sendings.flatMap((sending) => sending.names));
    return [...wrong, ...names.filter((name) => !asked.has(name)).map((name) => `${name}: nobody asked`)];
  }

  /** Every message without a command is answered, each once. */
  unanswered(): string[] {
    return [...this.logs].flatMap(([sid, log]) => {
      const asked = this.#of(sid).filter(
        ({ frame, names }) => frame.action === 'message' && names.length === 0,
      );
      const answered = log.filter((event) => event.source === 'agent' && event.action === 'message');
      return answered.length === asked.length
        ? []
        : [`${sid}: ${asked.length} messages, ${answered.length} answers`];
    });
  }

  /** Each client was shown every event once and in order, over all its connections. */
  shown(clients: readonly RecordingClient[]): string[] {
    const wrong: string[] = [];
    for (const [index, client] of clients.entries()) {
      const log = this.log(client.sid);
      const { ids } = client;
      if (ids.some((id, place) => place > 0 && id <= (ids[place - 1] ?? -1)))
        wrong.push(`client ${index}: not ascending`);
      for (const stretch of client.stretches) {
        const whole = stretch === client.stretches.at(-1);
        const why = wrongWith(stretch, log, { least: stretch.cursor, most: log.length - 1, whole });
        if (why !== null) wrong.push(`client ${index}: ${why}`);
      }
      if (client.stretches.length === 0) wrong.push(`client ${index}: was never connected`);
    }
    return wrong;
  }

  #of(sid: string): Sending[] {
    return this.sendings.filter((sending) => sending.sid === sid);
  }
}

/** What tells one sending from another. */
function contentOf(event: WireEvent | Frame | undefined): string {
  if (event === undefined) return '(no event)';
  const text = event.args?.['content'] ?? event.args?.['command'];
  return `${event.action} ${typeof text === 'string' ? text : ''}`;
}
