/** What stands around every page: the list of conversations beside it where there is room, the palette, the keyboard. */
import { type ReactNode, useCallback, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import type { Command } from '../commands/registry.ts';
import { useCommands } from '../commands/use-commands.ts';
import { isWideQuery, useMedia } from '../ui/use-media.ts';
import { goTo } from './navigate.ts';
import { PageBoundary } from './PageBoundary.tsx';
import { Palette } from './Palette.tsx';
import { Rail } from './Rail.tsx';
import { openConversationId, routes } from './routes.ts';
import { ShortcutsDialog } from './ShortcutsDialog.tsx';
import { useKeyboard } from './use-keyboard.ts';
import './shell.css';

export function Shell({ children }: { readonly children: ReactNode }) {
  const [path] = useLocation();
  const isWide = useMedia(isWideQuery);
  const [dialog, setDialog] = useState<'palette' | 'shortcuts' | null>(null);
  const openPalette = useCallback(() => setDialog('palette'), []);
  const closeDialog = useCallback(() => setDialog(null), []);
  useKeyboard();
  useCommands(useMemo(() => shellCommands(setDialog), []));
  const isHome = path === routes.home;
  return (
    <div className="shell">
      {isWide || isHome ? <Rail openId={openConversationId(path)} onOpenPalette={openPalette} /> : null}
      {isWide || !isHome ? (
        <div className="shell-page">
          <PageBoundary key={path}>{children}</PageBoundary>
        </div>
      ) : null}
      {dialog === 'palette' ? <Palette onClose={closeDialog} /> : null}
      {dialog === 'shortcuts' ? <ShortcutsDialog onClose={closeDialog} /> : null}
    </div>
  );
}

function shellCommands(open: (dialog: 'palette' | 'shortcuts') => void): readonly Command[] {
  return [
    { id: 'palette', title: 'Find a command', shortcut: 'mod+k', isHidden: true, run: () => open('palette') },
    { id: 'focus', title: 'Go to the input', shortcut: '/', isHidden: true, run: focusInput },
    {
      id: 'new',
      title: 'New conversation',
      keywords: 'start create',
      run: () => goTo(routes.newConversation),
    },
    { id: 'home', title: 'All conversations', keywords: 'list home', run: () => goTo(routes.home) },
    {
      id: 'settings',
      title: 'Settings',
      keywords: 'model key preferences',
      run: () => goTo(routes.settings),
    },
    { id: 'cluster', title: 'Cluster', keywords: 'nodes takeovers', run: () => goTo(routes.cluster) },
    {
      id: 'shortcuts',
      title: 'Keyboard shortcuts',
      keywords: 'keys help',
      shortcut: '?',
      run: () => open('shortcuts'),
    },
  ];
}

/** The page's own input (marked `data-main-input`), else the search. */
function focusInput(): void {
  const input =
    document.querySelector<HTMLElement>('[data-main-input]') ??
    document.querySelector<HTMLElement>('input[type="search"]');
  input?.focus();
}
