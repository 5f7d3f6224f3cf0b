/**
 * People who write and read, all over the cluster: each has a client that comes in by the proxy, and stays with no node.
 * What they send is repeated until it is acknowledged, some of it twice.
 */
import { performance } from 'node:perf_hooks';
import { RecordingClient } from '../../standalone/harness/client.ts';
import type { Random } from '../../standalone/harness/random.ts';
import { pause } from '../../standalone/harness/until.ts';
import { type Ack, type Frame, message } from '../../standalone/harness/wire.ts';
import type { Ledger, Sending } from '../ledger.ts';

/** When a sending was made, acknowledged and met, on the clock of `performance.now()`. */
export interface Timed {
  readonly sending: Sending;
  readonly client: RecordingClient;
  readonly sentAt: number;
  acknowledgedAt: number | null;
}

export interface LoadOptions {
  readonly url: string;
  readonly ledger: Ledger;
  readonly random: Random;
  /** Where commands write their names down. */
  readonly namesFile: string;
  readonly sids: readonly string[];
  readonly clients: number;
}

/** Refusals that say: try again. */
const passing = ['store_unavailable', 'outcome_unknown', 'draining', 'not_connected', 'internal'];

export class Load implements Disposable {
  readonly clients: readonly RecordingClient[];
  readonly timed: Timed[] = [];
  /** What must not happen. */
  readonly wrong: string[] = [];
  readonly #options: LoadOptions;
  readonly #sending: Promise<void>[] = [];
  #isOver = false;
  #count = 0;

  constructor(options: LoadOptions) {
    const { clients, sids, url } = options;
    this.#options = options;
    this.clients = Array.from({ length: clients }, (_, index) =>
      new RecordingClient({ sid: sids[index % sids.length] ?? '', keepFrames: false }).connect(url),
    );
  }

  start(): void {
    for (const client of this.clients) this.#sending.push(this.#write(client));
  }

  /** Nothing new is sent; resolves when all is acknowledged. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#sending);
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const client of this.clients) client[Symbol.dispose]();
  }

  async #write(client: RecordingClient): Promise<void> {
    const { ledger, random } = this.#options;
    while (!this.#isOver) {
      const sending = this.#compose(client.sid);
      ledger.sendings.push(sending);
      const timed: Timed = { sending, client, sentAt: performance.now(), acknowledgedAt: null };
      this.timed.push(timed);
      const twice = random.chance(0.1) ? [this.#deliver(client, sending)] : [];
      await Promise.all([this.#deliver(client, sending), ...twice]);
      timed.acknowledgedAt = performance.now();
      await pause(random.between(50, 500));
    }
  }

  async #deliver(client: RecordingClient, sending: Sending): Promise<void> {
    for (;;) {
      const ack: Ack | null = await client.sendSurely(sending.frame);
      if (ack === null) return; // disposed of
      if (ack.ok) {
        sending.acks.push(ack.id);
        return;
      }
      if (!passing.includes(ack.error.code)) {
        this.wrong.push(`refused: ${ack.error.code} ${ack.error.message}`);
        return;
      }
      await pause(100);
    }
  }

  #compose(sid: string): Sending {
    const { namesFile, random } = this.#options;
    this.#count += 1;
    const name = `n${this.#count}`;
    const base = { sid, acks: [] };
    const command = (each: string): string =>
      `echo ${each}. >> ${namesFile}${random.chance(0.5) ? `; sleep 0.${random.between(0, 3)}` : ''}`;
    if (random.chance(0.1)) {
      const frame: Frame = { action: 'run', args: { command: command(`${name}-U`) } };
      return { ...base, names: [`${name}-U.`], frame: { ...frame, action_id: name } };
    }
    const names = Array.from({ length: random.between(0, 2) }, (_, index) => `${name}-${index}.`);
    const lines = names.map((each) => `$ ${command(each.slice(0, -1))}`);
    return {
      ...base,
      names,
      frame: { ...message([`${name}.`, ...lines].join('\n')), action_id: name },
    };
  }
}
