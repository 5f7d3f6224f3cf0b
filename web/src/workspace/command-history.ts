/** The commands that a person has typed, for the arrow keys. */
export interface CommandHistory {
  readonly commands: readonly string[];
  /** Which of them is shown; their number where it is a new one. */
  readonly at: number;
  /** What was typed before the first arrow. */
  readonly draft: string;
}

const MAX = 200;

export const noHistory: CommandHistory = { commands: [], at: 0, draft: '' };

export function withCommand({ commands }: CommandHistory, command: string): CommandHistory {
  const kept = [...commands.filter((one) => one !== command), command].slice(-MAX);
  return { commands: kept, at: kept.length, draft: '' };
}

/** The history after an arrow key at `text`, and what is shown then; null at its end. */
export function moved(
  history: CommandHistory,
  by: -1 | 1,
  text: string,
): { readonly history: CommandHistory; readonly text: string } | null {
  const { at, commands } = history;
  const next = at + by;
  if (next < 0 || next > commands.length) return null;
  const draft = at === commands.length ? text : history.draft;
  return { history: { commands, at: next, draft }, text: commands[next] ?? draft };
}
