/** The terminal of one conversation, fed by its log: what was done lately, then what comes. */
import { client } from '../data/client.ts';
import type { ConversationLive } from './live.ts';
import { type TerminalStep, TerminalText } from './terminal-text.ts';

/** As many of the newest events about commands are shown at first: half of them are commands. */
const NEWEST = 100;

export class TerminalFeed {
  readonly #text = new TerminalText();
  readonly #listeners = new Set<(step: TerminalStep) => void>();

  /** Follows until `signal` is aborted. Rejects where what was done lately can't be read. */
  async follow(conversationId: string, live: ConversationLive, signal: AbortSignal): Promise<void> {
    const stops = [
      live.onEvent((event) => this.#tell(this.#text.event(event))),
      live.onDelta((delta) => this.#tell(this.#text.delta(delta))),
    ];
    signal.addEventListener('abort', () => {
      for (const stop of stops) stop();
    });
    const query = { kinds: ['run' as const], reverse: true, limit: NEWEST, signal };
    const { events } = await client.events(conversationId, query);
    for (const event of events.toReversed()) this.#tell(this.#text.event(event));
  }

  /** Tells everything so far, then each step. */
  subscribe = (listener: (step: TerminalStep) => void): (() => void) => {
    listener({ rewrite: this.#text.whole });
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #tell(step: TerminalStep | null): void {
    if (step === null) return;
    for (const listener of this.#listeners) listener(step);
  }
}
