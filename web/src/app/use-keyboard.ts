import { useEffect } from 'react';
import { commandRegistry } from '../commands/registry.ts';
import { commandFor } from '../commands/shortcuts.ts';

/** Runs commands by their shortcuts, unless something nearer has used the key, or a dialog or a menu is open. */
export function useKeyboard(): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || document.querySelector('dialog[open], [role="menu"]') !== null) return;
      const command = commandFor(commandRegistry, event, isField(event.target));
      if (command === undefined) return;
      event.preventDefault();
      command.run();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
}

function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
