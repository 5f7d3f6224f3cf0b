import { expect, it } from 'vitest';
import { shownConversationState } from './agent-state.ts';

it.each([
  ['running', 'RUNNING', 'Running'],
  ['running', 'STOPPED', 'Waiting to run'],
  ['awaiting_user_input', 'STOPPED', 'Waiting for you'],
  ['error', 'STOPPED', 'Error'],
  [null, 'RUNNING', 'Open'],
  [null, 'STOPPED', 'Closed'],
] as const)('an agent that is %s, of a conversation that is %s, is called %j', (agentState, status, word) => {
  expect(shownConversationState({ agentState, status }).word).toBe(word);
});
