import { Dialog } from '../ui/Dialog.tsx';
import './shortcuts-dialog.css';

const shortcuts = [
  ['Ctrl+K or ⌘K', 'Find a command or a conversation'],
  ['/', 'Go to the input'],
  ['Esc', 'Stop the agent'],
  ['↑ ↓', 'Move in the list, in menus and in the palette'],
  ['?', 'Show this list'],
] as const;

export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl className="shortcuts">
        {shortcuts.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
