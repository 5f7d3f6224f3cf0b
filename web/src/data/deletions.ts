/**
 * Deletions that can be taken back: a conversation is gone from the lists at once, and from the server when its time is
 * over, or when the page goes.
 */
import { showError, toasts } from '../ui/toasts.ts';
import { client, lastingClient } from './client.ts';
import { changeConversations } from './conversations.ts';

const UNDO_MS = 6_000;

let hidden: ReadonlySet<string> = new Set();
let isLeaving = false;
const listeners = new Set<() => void>();

export const deletions = {
  /** The same set until something changes. */
  hidden: (): ReadonlySet<string> => hidden,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

export function deleteWithUndo(id: string, title: string): void {
  hide(new Set([...hidden, id]));
  const show = (): void => hide(new Set([...hidden].filter((one) => one !== id)));
  toasts.show(`Deleted “${title}”`, {
    forMs: UNDO_MS,
    action: { label: 'Undo', run: show },
    onEnd: () => {
      const remove = isLeaving ? lastingClient.delete(id) : client.delete(id);
      remove.then(
        () => {
          changeConversations((info) => (info.id === id ? null : info));
          show();
        },
        (error: unknown) => {
          show();
          showError('The conversation was not deleted', error);
        },
      );
    },
  });
}

/** To be called once: what is pending is carried out when the page goes. */
export function deleteOnLeaving(): void {
  window.addEventListener('pagehide', () => {
    isLeaving = true;
    toasts.endAll();
    isLeaving = false;
  });
}

function hide(now: ReadonlySet<string>): void {
  hidden = now;
  for (const listener of listeners) listener();
}
