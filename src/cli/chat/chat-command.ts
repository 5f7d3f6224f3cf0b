/** `convene chat`: the terminal around a `Chat`. */
import { createInterface, cursorTo, type Interface } from 'node:readline';
import { styleText } from 'node:util';
import { Chat } from './chat.ts';
import type { Line } from './render.ts';
import { Transcript } from './transcript.ts';

export interface ChatCommandOptions {
  readonly url: string;
  readonly sid: string | null;
  readonly history: number;
}

/** Answers with the exit code: 1 where the agent ended in an error. */
export async function runChat(options: ChatCommandOptions): Promise<number> {
  const { stdin, stdout } = process;
  const isTerminal = stdin.isTTY && stdout.isTTY;
  const lines = createInterface({
    input: stdin,
    ...(isTerminal ? { output: stdout } : {}),
    terminal: isTerminal,
    prompt: '> ',
  });
  const typed = lines[Symbol.asyncIterator](); // from now on: what is typed while it connects is not lost
  const transcript = new Transcript({ style: stdout.isTTY ? colored : plain });
  const screen = new Screen(isTerminal ? lines : null, transcript);
  using chat = new Chat({ ...options, isTerminal, transcript, write: (text) => screen.write(text) });
  screen.isResting = () => !chat.isWorking;
  const onInterrupt = (): void => chat.interrupt();
  lines.on('SIGINT', onInterrupt);
  process.on('SIGINT', onInterrupt);
  chat.left.addEventListener('abort', () => lines.close(), { once: true });
  try {
    screen.prompt();
    return await chat.run(typed);
  } finally {
    process.off('SIGINT', onInterrupt);
    lines.close();
  }
}

/** Keeps what comes apart from what is being typed: the prompt is there only while the agent rests. */
class Screen {
  readonly #lines: Interface | null;
  readonly #transcript: Transcript;
  #isPrompting = false;
  isResting: () => boolean = () => true;

  /** `lines`: null where nobody types. */
  constructor(lines: Interface | null, transcript: Transcript) {
    this.#lines = lines;
    this.#transcript = transcript;
    process.stdout.on('error', () => process.exit(0)); // whoever read it has gone
  }

  write(text: string): void {
    if (text === '') return;
    if (this.#isPrompting) {
      cursorTo(process.stdout, 0);
      process.stdout.write('\u001b[K');
      this.#isPrompting = false;
    }
    process.stdout.write(text);
    // Several events come in one turn: the prompt follows the last of them.
    setImmediate(() => this.prompt());
  }

  prompt(): void {
    if (this.#lines === null || this.#isPrompting) return;
    if (!this.#transcript.isAtLineStart || !this.isResting()) return;
    this.#isPrompting = true;
    this.#lines.prompt(true);
  }
}

function colored(text: string, tone: Line['tone']): string {
  switch (tone) {
    case 'text':
      return text;
    case 'note':
      return styleText('dim', text);
    case 'problem':
      return styleText('red', text);
  }
}

function plain(text: string): string {
  return text;
}
