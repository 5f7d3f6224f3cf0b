/**
 * What a person can do now, by name: pages register commands while they are open, the palette (⌘K, Ctrl-K) lists them,
 * and the keyboard runs those with a shortcut. Of two commands with one shortcut, the newer one counts.
 */

export interface Command {
  /** Unique among those that are registered. */
  readonly id: string;
  /** As the palette shows it: "Pause the agent". */
  readonly title: string;
  /** More words to find it by. */
  readonly keywords?: string;
  /** As `KeyboardEvent.key` names it: `Escape`, `/`, and `mod+k` for ⌘ or Ctrl. */
  readonly shortcut?: string;
  /** Runs by its shortcut alone. @default false */
  readonly isHidden?: boolean;
  readonly run: () => void;
}

export class CommandRegistry {
  /** One entry a registration, oldest first. */
  #registered: readonly (readonly Command[])[] = [];
  #all: readonly Command[] = [];
  readonly #listeners = new Set<() => void>();

  /** Answers with what takes them back. */
  register(commands: readonly Command[]): () => void {
    this.#change([...this.#registered, commands]);
    return () => this.#change(this.#registered.filter((one) => one !== commands));
  }

  /** What was registered last comes first. The same array until something changes. */
  all = (): readonly Command[] => this.#all;

  withShortcut(shortcut: string): Command | undefined {
    return this.#all.find((command) => command.shortcut === shortcut);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #change(registered: readonly (readonly Command[])[]): void {
    this.#registered = registered;
    this.#all = registered.toReversed().flat();
    for (const listener of this.#listeners) listener();
  }
}

export const commandRegistry = new CommandRegistry();
