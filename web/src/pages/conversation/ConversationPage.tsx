import { WorkspaceSplit } from '../../workspace/WorkspaceSplit.tsx';

/** One conversation: what happened, and what a person can do about it. */
export function ConversationPage({ id }: { readonly id: string }) {
  return (
    <main>
      <WorkspaceSplit conversationId={id}>
        <h1>Conversation {id}</h1>
      </WorkspaceSplit>
    </main>
  );
}
