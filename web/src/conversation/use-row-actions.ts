import { useMemo } from 'react';
import { openConversation } from '../app/navigate.ts';
import { conversationPath } from '../app/routes.ts';
import { client } from '../data/client.ts';
import { reloadNewest } from '../data/conversations.ts';
import { showError, toasts } from '../ui/toasts.ts';
import type { TimelineActions } from './timeline-context.ts';
import type { TimelineScroller } from './timeline-scroller.ts';

export function useRowActions(
  scroller: TimelineScroller,
  openMenu: (id: number, button: HTMLElement) => void,
  enlarge: (url: string) => void,
): TimelineActions {
  return useMemo(
    () => ({
      openMenu,
      enlarge,
      holdRow: (row) => scroller.holdRow(row),
      toggled: new Map(),
    }),
    [openMenu, enlarge, scroller],
  );
}

export async function copyLink(id: string, event: number): Promise<void> {
  const { href } = new URL(conversationPath(id, event), window.location.href);
  try {
    await navigator.clipboard.writeText(href);
    toasts.show('Link copied.');
  } catch {
    // Browsers give the clipboard to secure pages alone.
    window.location.hash = new URL(href).hash;
    toasts.show(`The address of this page now leads to event ${event}.`);
  }
}

export async function fork(id: string, event: number): Promise<void> {
  try {
    const copy = await client.fork(id, { upTo: event });
    reloadNewest();
    openConversation(copy);
    toasts.show(`Forked at event ${event}.`);
  } catch (error) {
    showError('Could not fork', error);
  }
}
