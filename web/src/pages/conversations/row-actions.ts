/** What can be done with a conversation from the list. */
import type { ConversationInfo } from 'convene/client';
import { closeConversation, openConversation } from '../../app/navigate.ts';
import { client } from '../../data/client.ts';
import { changeConversations, reloadNewest } from '../../data/conversations.ts';
import { deleteWithUndo } from '../../data/deletions.ts';
import { exportConversation } from '../../data/transfer.ts';
import type { MenuItem } from '../../ui/Menu.tsx';
import { showError, toasts } from '../../ui/toasts.ts';

export function rowActions(info: ConversationInfo, onRename: () => void): readonly MenuItem[] {
  const { id, title } = info;
  return [
    { label: 'Rename', icon: 'edit', onSelect: onRename },
    { label: 'Fork', icon: 'fork', onSelect: () => forkConversation(id, title) },
    {
      label: 'Export',
      icon: 'download',
      onSelect: () => {
        exportConversation(id, title).catch((error: unknown) => showError('The export failed', error));
      },
    },
    {
      label: 'Delete',
      icon: 'trash',
      isDangerous: true,
      onSelect: () => {
        closeConversation(id);
        deleteWithUndo(id, title);
      },
    },
  ];
}

export function renameConversation({ id, title: before }: ConversationInfo, title: string): void {
  const show = (shown: string): void =>
    changeConversations((info) => (info.id === id ? { ...info, title: shown } : info));
  show(title);
  client.rename(id, title).catch((error: unknown) => {
    show(before);
    showError('The title was not changed', error);
  });
}

function forkConversation(id: string, title: string): void {
  client.fork(id, { title: `${title} (fork)`.slice(0, 500) }).then(
    (copy) => {
      reloadNewest();
      openConversation(copy);
      toasts.show('Forked. The copy has the events, and an empty workspace.');
    },
    (error: unknown) => showError('The fork failed', error),
  );
}
