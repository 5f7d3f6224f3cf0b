/**
 * A conversation as text for a terminal, piece by piece. It writes nothing: each method answers with what is to be
 * written next.
 *
 *   at the beginning of a line ⇄ within a line (text that is streamed)
 *
 * What was streamed is not shown again by the event that it belongs to, unless it says something else.
 */
import type { Delta } from '../../client/index.ts';
import { isAction, type StoredEvent } from '../../events/event.ts';
import { printable } from '../table.ts';
import { type Line, renderEvent } from './render.ts';

export interface TranscriptOptions {
  /** Colours a line. @default it stays as it is */
  readonly style?: (text: string, tone: Line['tone']) => string;
}

export class Transcript {
  readonly #style: (text: string, tone: Line['tone']) => string;
  /** What was streamed since the last event of its kind. */
  readonly #streamed = { message: '', output: '' };
  /** The newest action whose output has been shown whole. */
  #answered = -1;
  #isAtLineStart = true;

  constructor({ style = (text) => text }: TranscriptOptions = {}) {
    this.#style = style;
  }

  get isAtLineStart(): boolean {
    return this.#isAtLineStart;
  }

  delta({ cause = Number.POSITIVE_INFINITY, kind, text }: Delta): string {
    if (kind === 'output' && cause <= this.#answered) return ''; // it comes after the event that has all of it
    const other = kind === 'message' ? 'output' : 'message';
    const before = this.#streamed[kind] === '' && this.#streamed[other] !== '' ? this.#newLine() : '';
    this.#streamed[kind] += text;
    const shown = printable(text);
    if (shown !== '') this.#isAtLineStart = shown.endsWith('\n');
    return before + shown;
  }

  event(event: StoredEvent): string {
    return this.#newLine() + this.lines(this.#unseen(event, renderEvent(event)));
  }

  /** What the command itself has to say. */
  note(text: string): string {
    return this.#newLine() + this.lines([{ text: `· ${text}`, tone: 'note' }]);
  }

  lines(lines: readonly Line[]): string {
    return lines.map(({ text, tone }) => `${this.#style(text, tone)}\n`).join('');
  }

  #unseen(event: StoredEvent, lines: Line[]): Line[] {
    const streamed = this.#takeStreamed(event);
    if (streamed === null || streamed.trim() === '') return lines;
    const said = printable(streamed).trimEnd().split('\n');
    const isSame = said.every((line, index) => lines[index]?.text === line);
    return isSame ? lines.slice(said.length) : lines;
  }

  /** What was streamed of this event; null for an event that nothing is streamed of. */
  #takeStreamed(event: StoredEvent): string | null {
    const kind = streamedKind(event);
    if (kind === null) return null;
    const streamed = this.#streamed[kind];
    this.#streamed[kind] = '';
    if (kind === 'output') this.#answered = Math.max(this.#answered, event.cause ?? -1);
    return streamed;
  }

  #newLine(): string {
    if (this.#isAtLineStart) return '';
    this.#isAtLineStart = true;
    return '\n';
  }
}

/** An agent's words come with whatever it does next. */
function streamedKind(event: StoredEvent): Delta['kind'] | null {
  if (!isAction(event)) return event.observation === 'run' ? 'output' : null;
  return event.source === 'agent' ? 'message' : null;
}
