/** What the palette lists: commands that fit, the best first, and conversations. */
import { fuzzyFilter } from '../commands/fuzzy.ts';
import type { Command } from '../commands/registry.ts';
import type { ShownState } from '../data/agent-state.ts';

export interface PaletteEntry {
  readonly id: string;
  readonly title: string;
  readonly state?: ShownState;
  readonly shortcut?: string;
  readonly run: () => void;
}

const CONVERSATIONS = 30;

export function paletteEntries(
  typed: string,
  commands: readonly Command[],
  conversations: readonly PaletteEntry[],
): readonly PaletteEntry[] {
  const listed = commands.filter(({ isHidden = false }) => !isHidden);
  const fitting = fuzzyFilter(typed, listed, ({ keywords = '', title }) => `${title} ${keywords}`);
  return [
    ...fitting.map(({ id, run, shortcut, title }) => ({
      id: `command ${id}`,
      title,
      run,
      ...(shortcut === undefined ? {} : { shortcut: shownShortcut(shortcut) }),
    })),
    ...conversations.slice(0, CONVERSATIONS),
  ];
}

function shownShortcut(shortcut: string): string {
  return shortcut === 'Escape' ? 'Esc' : shortcut.replace('mod+', 'Ctrl+');
}
