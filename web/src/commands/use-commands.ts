import { useEffect } from 'react';
import { type Command, commandRegistry } from './registry.ts';

/** Registers commands while the component is there. Memoise the list: another array is another registration. */
export function useCommands(commands: readonly Command[]): void {
  useEffect(() => commandRegistry.register(commands), [commands]);
}
