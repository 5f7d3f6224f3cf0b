/** Files and terminal of one conversation. */
export function WorkspacePanel({ conversationId }: { readonly conversationId: string }) {
  return <section aria-label="Workspace" data-conversation={conversationId} />;
}
