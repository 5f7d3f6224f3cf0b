/** A conversation as lists and single answers show it. */
import type { AgentState } from '../../events/agent-state.ts';
import type { ConversationRecord } from '../../store/event-store.ts';

export interface ConversationInfo {
  readonly conversation_id: string;
  readonly title: string;
  readonly last_updated_at: string;
  readonly created_at: string;
  readonly selected_repository: string | null;
  readonly status: 'RUNNING' | 'STOPPED';
  readonly agent_state: AgentState;
}

/** `running`: the conversations whose loops run. */
export function conversationInfo(record: ConversationRecord, running: ReadonlySet<string>): ConversationInfo {
  const { agentState, sid, title, updatedAt, createdAt, selectedRepository } = record;
  return {
    conversation_id: sid,
    title: title === '' ? `Conversation ${sid.slice(0, 5)}` : title,
    last_updated_at: new Date(updatedAt).toISOString(),
    created_at: new Date(createdAt).toISOString(),
    selected_repository: selectedRepository,
    status: running.has(sid) ? 'RUNNING' : 'STOPPED',
    agent_state: agentState,
  };
}
