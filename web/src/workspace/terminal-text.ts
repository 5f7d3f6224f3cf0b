/**
 * What the terminal shows: the commands of the agent and of people, and what they print, as one text with ANSI colours.
 * Events say for sure what was printed; deltas say it sooner. Where both agree, the text only grows; where they do not,
 * for instance because a delta was lost, it is written anew.
 */
import { type Delta, isAction, type StoredEvent } from 'convene/client';

/** What is to be done to a terminal that has shown everything so far. */
export type TerminalStep = { readonly append: string } | { readonly rewrite: string };

interface Entry {
  readonly id: number;
  readonly command: string;
  readonly isUsers: boolean;
  /** As it came by deltas, or as the log has it. */
  output: string;
  end: { readonly exitCode: number | null } | null;
}

/** As many commands as are kept, and what is kept of the output of each. */
const MAX_ENTRIES = 500;
const MAX_OUTPUT = 200_000;

const ESC = '\u001b[';
const dim = (text: string): string => `${ESC}2m${text}${ESC}22m`;
const colour = (code: number, text: string): string => `${ESC}${code}m${text}${ESC}39m`;
const GREEN = 32;
const BLUE = 34;
const RED = 31;

export class TerminalText {
  readonly #entries = new Map<number, Entry>();

  /** Everything so far. */
  get whole(): string {
    return [...this.#entries.values()].map(textOf).join('');
  }

  /** Null where the event is nothing for a terminal, or known. */
  event(event: StoredEvent): TerminalStep | null {
    if (isAction(event)) return this.#action(event);
    const entry = event.cause === undefined ? undefined : this.#entries.get(event.cause);
    if (entry === undefined || entry.end !== null) return null;
    if (event.observation === 'run') {
      const exitCode = event.extras.metadata.exit_code;
      return this.#end(entry, event.content, exitCode);
    }
    return event.observation === 'error' ? this.#end(entry, event.content, null) : null;
  }

  delta({ cause, kind, text }: Delta): TerminalStep | null {
    const entry = kind === 'output' && cause !== undefined ? this.#entries.get(cause) : undefined;
    if (entry === undefined || entry.end !== null || text === '') return null;
    entry.output += text;
    return { append: text };
  }

  #action(event: StoredEvent): TerminalStep | null {
    if (!isAction(event) || event.action !== 'run' || this.#entries.has(event.id)) return null;
    const { command, confirmation_state: confirmation, hidden } = event.args;
    if (hidden || confirmation === 'awaiting_confirmation' || confirmation === 'rejected') return null;
    const entry: Entry = {
      id: event.id,
      command,
      isUsers: event.source === 'user',
      output: '',
      end: null,
    };
    const newest = [...this.#entries.keys()].at(-1) ?? -1;
    this.#entries.set(event.id, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
    if (event.id > newest) return { append: commandLine(entry) };
    this.#inOrder();
    return { rewrite: this.whole };
  }

  #end(entry: Entry, content: string, exitCode: number | null): TerminalStep {
    const streamed = entry.output;
    const agrees = plain(content).startsWith(plain(streamed));
    entry.end = { exitCode };
    entry.output = content;
    if (!agrees) return { rewrite: this.whole };
    const rest = plain(content).slice(plain(streamed).length);
    return { append: `${rest}${endLine(entry, streamed + rest)}` };
  }

  #inOrder(): void {
    const entries = [...this.#entries.values()].sort((left, right) => left.id - right.id);
    this.#entries.clear();
    for (const entry of entries) this.#entries.set(entry.id, entry);
  }
}

function commandLine({ command, isUsers }: Entry): string {
  const prompt = isUsers ? colour(GREEN, 'you $') : colour(BLUE, 'agent $');
  return `${prompt} ${command.split('\n').join(`\n${dim('>')} `)}\n`;
}

function textOf(entry: Entry): string {
  const { end, output } = entry;
  const shown = output.length > MAX_OUTPUT ? `${dim('…')}\n${output.slice(-MAX_OUTPUT)}` : output;
  const text = end === null ? shown : plain(shown);
  return commandLine(entry) + text + (end === null ? '' : endLine(entry, text));
}

/** What follows the output: the end of its last line, and how the command ended where that is worth a word. */
function endLine({ end }: Entry, output: string): string {
  const newline = output === '' || output.endsWith('\n') ? '' : '\n';
  // A last line may have left colours behind.
  const reset = output.includes(ESC) ? `${ESC}0m` : '';
  const exitCode = end?.exitCode ?? null;
  if (exitCode === 0) return reset + newline;
  const said = exitCode === null ? 'interrupted' : exitCode === -1 ? 'did not end' : `exit code ${exitCode}`;
  return `${reset}${newline}${colour(RED, said)}\n`;
}

/** The log has lines without the carriage returns and the white space at the end that a terminal was sent. */
function plain(text: string): string {
  return text.replaceAll('\r\n', '\n').trimEnd();
}
