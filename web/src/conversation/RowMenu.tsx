import { MenuList, placeBelow } from '../ui/Menu.tsx';

/** Which row's menu is open. */
export interface OpenRowMenu {
  readonly id: number;
  readonly button: HTMLElement;
}

interface RowMenuProps {
  readonly open: OpenRowMenu;
  readonly onClose: () => void;
  readonly onCopyLink: (id: number) => void;
  readonly onTravel: (id: number) => void;
  readonly onFork: (id: number) => void;
}

/** What can be done from an event on. */
export function RowMenu({ onClose, onCopyLink, onFork, onTravel, open: { button, id } }: RowMenuProps) {
  const items = [
    { label: 'Copy link', onSelect: () => onCopyLink(id) },
    { label: 'Show as it was here', onSelect: () => onTravel(id) },
    { label: 'Fork from here', icon: 'fork', onSelect: () => onFork(id) },
  ] as const;
  return (
    <MenuList
      id="row-menu"
      label={`Event ${id}`}
      items={items}
      place={placeBelow(button, items.length)}
      onClose={() => {
        onClose();
        button.focus();
      }}
    />
  );
}
