import { useLayoutEffect } from 'react';
import { type Command, commandRegistry } from './registry.ts';

/**
 * Registers commands while the component is there. Memoise the list: another array is another registration. A layout
 * effect: what a person sees as possible is then a key away at once.
 */
export function useCommands(commands: readonly Command[]): void {
  useLayoutEffect(() => commandRegistry.register(commands), [commands]);
}
