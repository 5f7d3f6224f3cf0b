import { useRef } from 'react';
import { Link } from 'wouter';
import { reloadNewest } from '../data/conversations.ts';
import { importConversation } from '../data/transfer.ts';
import { ConversationList } from '../pages/conversations/ConversationList.tsx';
import { IconButton } from '../ui/Button.tsx';
import { Icon, type IconName } from '../ui/Icon.tsx';
import { Menu } from '../ui/Menu.tsx';
import { showError } from '../ui/toasts.ts';
import { openConversation } from './navigate.ts';
import { routes } from './routes.ts';

interface RailProps {
  readonly openId: string | null;
  readonly onOpenPalette: () => void;
}

export function Rail({ onOpenPalette, openId }: RailProps) {
  const file = useRef<HTMLInputElement>(null);
  return (
    <aside className="rail" aria-label="Conversations">
      <header className="rail-header">
        <h2 className="rail-title">Conversations</h2>
        <IconButton icon="search" label="Find a command or a conversation (Ctrl+K)" onClick={onOpenPalette} />
        <Menu
          label="More about conversations"
          items={[{ label: 'Import a file…', icon: 'upload', onSelect: () => file.current?.click() }]}
        />
        <RailLink href={routes.newConversation} icon="plus" label="New conversation" isPrimary />
      </header>
      <input
        ref={file}
        type="file"
        accept="application/json,.json"
        hidden
        aria-label="File of a conversation"
        onChange={(event) => {
          const [chosen] = event.target.files ?? [];
          event.target.value = '';
          if (chosen !== undefined) takeIn(chosen);
        }}
      />
      <ConversationList openId={openId} />
      <nav className="rail-footer" aria-label="Pages">
        <Link href={routes.settings} className={tab}>
          <Icon name="settings" />
          Settings
        </Link>
        <Link href={routes.cluster} className={tab}>
          <Icon name="cluster" />
          Cluster
        </Link>
      </nav>
    </aside>
  );
}

function tab(isActive: boolean): string {
  return isActive ? 'rail-tab rail-tab-open' : 'rail-tab';
}

interface RailLinkProps {
  readonly href: string;
  readonly icon: IconName;
  readonly label: string;
  readonly isPrimary?: boolean;
}

function RailLink({ href, icon, isPrimary = false, label }: RailLinkProps) {
  return (
    <Link
      href={href}
      className={`button button-icon ${isPrimary ? 'button-primary' : 'button-quiet'}`}
      aria-label={label}
      title={label}
    >
      <Icon name={icon} />
    </Link>
  );
}

function takeIn(file: File): void {
  importConversation(file).then(
    (id) => {
      reloadNewest();
      openConversation(id);
    },
    (error: unknown) => showError('The import failed', error),
  );
}
