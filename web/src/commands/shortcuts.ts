/** Which command a key means. */
import type { Command, CommandRegistry } from './registry.ts';

export type Key = Pick<KeyboardEvent, 'key' | 'metaKey' | 'ctrlKey' | 'altKey' | 'isComposing'>;

/** `isTyping`: in a field, where letters are letters. `Escape` and what has ⌘ or Ctrl count there too. */
export function commandFor(registry: CommandRegistry, key: Key, isTyping: boolean): Command | undefined {
  if (key.isComposing || key.altKey) return undefined;
  const isModified = key.metaKey || key.ctrlKey;
  if (isTyping && !isModified && key.key !== 'Escape') return undefined;
  return registry.withShortcut(isModified ? `mod+${key.key.toLowerCase()}` : key.key);
}
