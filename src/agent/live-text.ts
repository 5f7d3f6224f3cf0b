/**
 * Text that is shown to whoever watches while it comes: what an agent thinks, what a command prints. It is never in
 * the log, and the conversation's secrets are taken out of it.
 */
import type { Frame } from '../cluster/bus.ts';
import { type Redactor, redactor } from '../events/redaction.ts';
import type { EventStreams } from '../stream/event-streams.ts';

/** One text. A secret may come in pieces: what could be the beginning of one is held back until `flush`. */
export interface ShownText {
  push(text: string): void;
  flush(): void;
}

export class LiveText {
  readonly #streams: EventStreams;
  readonly #sid: string;
  #redactor: Redactor = redactor([]);

  constructor(streams: EventStreams, sid: string) {
    this.#streams = streams;
    this.#sid = sid;
  }

  /** Looks the secrets up. Nothing may be shown before. */
  async open(): Promise<void> {
    this.#redactor = await this.#streams.redactor(this.#sid);
  }

  /** What the agent says. */
  message(): ShownText {
    return this.#begin((text) => ({ type: 'delta', kind: 'message', text }));
  }

  /** What the action with this id prints. */
  output(cause: number): ShownText {
    return this.#begin((text) => ({ type: 'delta', kind: 'output', text, cause }));
  }

  #begin(frame: (text: string) => Frame): ShownText {
    const redacted = this.#redactor.stream();
    const show = (text: string): void => {
      if (text !== '') this.#streams.publishFrame(this.#sid, frame(text));
    };
    return { push: (text) => show(redacted.push(text)), flush: () => show(redacted.flush()) };
  }
}
