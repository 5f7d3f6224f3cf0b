/**
 * The states of an agent and the changes between them.
 *
 *   loading ──▶ awaiting_user_input ◀──▶ running ──▶ finished | rejected | error | rate_limited
 *      └──────────────────────────────▶   │  ▲
 *                                         ▼  │
 *      awaiting_user_confirmation ──▶ user_confirmed | user_rejected ──▶ running | awaiting_user_input
 *
 * `paused` is left by `running` (resume) or a message; `stopped` ends the turn and is left the same way. A
 * user's message makes every state `running`.
 */
export const agentStates = [
  'loading',
  'init',
  'running',
  'awaiting_user_input',
  'awaiting_user_confirmation',
  'user_confirmed',
  'user_rejected',
  'paused',
  'stopped',
  'finished',
  'rejected',
  'error',
  'rate_limited',
] as const;

export type AgentState = (typeof agentStates)[number];

/** Which states may follow which. */
export const transitions: Readonly<Record<AgentState, readonly AgentState[]>> = {
  loading: ['running', 'awaiting_user_input', 'paused', 'stopped', 'error', 'rate_limited'],
  init: ['loading', 'running', 'awaiting_user_input', 'paused', 'stopped', 'error'],
  running: [
    'awaiting_user_input',
    'awaiting_user_confirmation',
    'paused',
    'stopped',
    'finished',
    'rejected',
    'error',
    'rate_limited',
  ],
  awaiting_user_input: ['running', 'stopped', 'error', 'rate_limited'],
  awaiting_user_confirmation: ['user_confirmed', 'user_rejected', 'paused', 'stopped', 'error'],
  user_confirmed: ['running', 'paused', 'stopped', 'error'],
  user_rejected: ['awaiting_user_input', 'running', 'stopped', 'error'],
  paused: ['running', 'awaiting_user_confirmation', 'user_rejected', 'stopped', 'error'],
  stopped: ['running', 'loading', 'error', 'rate_limited'],
  finished: ['running', 'stopped', 'error', 'rate_limited'],
  rejected: ['running', 'stopped', 'error', 'rate_limited'],
  error: ['running', 'stopped', 'rate_limited'],
  rate_limited: ['running', 'paused', 'stopped', 'error'],
};

/** The changes that a user may ask for by `change_agent_state`, and from which states each makes sense. */
const askable: Partial<Record<AgentState, readonly AgentState[]>> = {
  running: ['paused', 'stopped', 'error', 'rate_limited'],
  paused: ['loading', 'init', 'running', 'awaiting_user_confirmation', 'rate_limited'],
  stopped: agentStates.filter((state) => state !== 'stopped'),
  user_confirmed: ['awaiting_user_confirmation'],
  user_rejected: ['awaiting_user_confirmation'],
};

export function canFollow(from: AgentState, to: AgentState): boolean {
  return transitions[from].includes(to);
}

/** Whether a user may change `from` into `to`. */
export function mayAsk(from: AgentState, to: AgentState): boolean {
  return askable[to]?.includes(from) ?? false;
}
