/** Addresses of the pages. */
export const routes = {
  home: '/',
  conversation: '/conversations/:id',
  settings: '/settings',
  cluster: '/cluster',
} as const;

/** Of a conversation, or of one of its events. */
export function conversationPath(id: string, eventId?: number): string {
  const path = `/conversations/${encodeURIComponent(id)}`;
  return eventId === undefined ? path : `${path}#event-${eventId}`;
}
