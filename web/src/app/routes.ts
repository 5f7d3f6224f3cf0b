/** Addresses of the pages. */
export const routes = {
  home: '/',
  newConversation: '/new',
  conversation: '/conversations/:id',
  settings: '/settings',
  cluster: '/cluster',
} as const;

/** Of a conversation, or of one of its events. */
export function conversationPath(id: string, eventId?: number): string {
  const path = `/conversations/${encodeURIComponent(id)}`;
  return eventId === undefined ? path : `${path}#event-${eventId}`;
}

/** The conversation that a path shows, or null. */
export function openConversationId(path: string): string | null {
  const name = /^\/conversations\/([^/]+)$/.exec(path)?.[1];
  return name === undefined ? null : decodeURIComponent(name);
}
