/**
 * Text as it comes, which is not in the log yet: what the agent says, and what commands print. The durable event that
 * says the same replaces it.
 */
import { type Delta, isAction, type StoredEvent } from 'convene/client';

/** Of what a command prints while it runs, the newest part is enough. */
const MAX_OUTPUT = 64_000;
const MAX_MESSAGE = 1_000_000;
/** Stands for what was missed. */
const GAP = '\n…\n';

export class Drafts {
  #message = '';
  readonly #outputs = new Map<number, string>();

  /** What the agent is saying. */
  get message(): string {
    return this.#message;
  }

  /** What an action has printed so far. */
  output(action: number): string {
    return this.#outputs.get(action) ?? '';
  }

  add({ kind, text, cause }: Delta): void {
    if (kind === 'message') this.#message = (this.#message + text).slice(-MAX_MESSAGE);
    else if (cause !== undefined) this.#outputs.set(cause, lastOf(this.output(cause) + text));
  }

  /** An event has come that may say what was a draft. */
  settle(event: StoredEvent): void {
    if (isAction(event)) {
      if (event.source === 'agent') this.#message = '';
    } else if (event.observation === 'agent_state_changed') {
      // Whatever was being said was broken off.
      if (event.extras.agent_state !== 'running') this.clear();
    } else if (event.cause !== undefined) {
      this.#outputs.delete(event.cause);
    }
  }

  /** The agent begins anew: its model is asked once more. */
  restartMessage(): void {
    this.#message = '';
  }

  /** Some of what comes is missed: the connection is gone. What is here stays, with a mark. */
  interrupt(): void {
    if (this.#message !== '') this.#message += GAP;
    for (const [action, output] of this.#outputs) this.#outputs.set(action, output + GAP);
  }

  clear(): void {
    this.#message = '';
    this.#outputs.clear();
  }
}

/** The end of a long text, from the beginning of a line on. */
function lastOf(text: string): string {
  if (text.length <= MAX_OUTPUT * 2) return text;
  const end = text.slice(-MAX_OUTPUT);
  return end.slice(end.indexOf('\n') + 1);
}
