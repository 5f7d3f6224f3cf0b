import { WorkspacePanel } from '../../workspace/WorkspacePanel.tsx';

/** One conversation: what happened, and what a person can do about it. */
export function ConversationPage({ id }: { readonly id: string }) {
  return (
    <main className="page">
      <h1>Conversation {id}</h1>
      <WorkspacePanel conversationId={id} />
    </main>
  );
}
