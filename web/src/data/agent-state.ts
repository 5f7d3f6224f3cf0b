/** States in words for people, and the colour of each. */
import type { AgentState, ConversationInfo } from 'convene/client';
import type { Tone } from '../ui/StateDot.tsx';

export interface ShownState {
  readonly word: string;
  readonly tone: Tone;
}

const shown: Readonly<Record<AgentState, ShownState>> = {
  loading: { word: 'Starting', tone: 'running' },
  init: { word: 'Starting', tone: 'running' },
  running: { word: 'Running', tone: 'running' },
  awaiting_user_input: { word: 'Waiting for you', tone: 'waiting' },
  awaiting_user_confirmation: { word: 'Needs your decision', tone: 'waiting' },
  user_confirmed: { word: 'Running', tone: 'running' },
  user_rejected: { word: 'Running', tone: 'running' },
  paused: { word: 'Paused', tone: 'paused' },
  stopped: { word: 'Stopped', tone: 'idle' },
  finished: { word: 'Finished', tone: 'finished' },
  rejected: { word: 'Declined', tone: 'idle' },
  error: { word: 'Error', tone: 'error' },
  rate_limited: { word: 'Rate limited', tone: 'error' },
};

export function shownAgentState(state: AgentState): ShownState {
  return shown[state];
}

/** Of a conversation in a list: one whose agent should be at work and is not waits for a place, or for its node. */
export function shownConversationState({
  agentState,
  status,
}: Pick<ConversationInfo, 'agentState' | 'status'>): ShownState {
  if (agentState === null) {
    return status === 'RUNNING' ? { word: 'Open', tone: 'running' } : { word: 'Closed', tone: 'idle' };
  }
  const state = shown[agentState];
  return state.tone === 'running' && status === 'STOPPED' ? { word: 'Waiting to run', tone: 'idle' } : state;
}
