/** Going to a page from where no link is. */
import { navigate } from 'wouter/use-browser-location';
import { conversationPath, openConversationId, routes } from './routes.ts';

export function goTo(path: string): void {
  navigate(path);
}

export function openConversation(id: string): void {
  navigate(conversationPath(id));
}

/** Leaves the page of a conversation that is going. */
export function closeConversation(id: string): void {
  if (openConversationId(window.location.pathname) === id) navigate(routes.home, { replace: true });
}
