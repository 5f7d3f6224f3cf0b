/** Agents that cost nothing: what is measured is the server around them. */
import { say } from '../../src/agent/actions.ts';
import type { Agent } from '../../src/agent/agent.ts';
import { AgentRegistry } from '../../src/agent/agent-registry.ts';

/** Answers each message at once. */
const echo: Agent<string | null> = {
  name: 'EchoAgent',
  version: '1',
  reactive: true,
  initialState: () => null,
  fold(state, event) {
    if (!('action' in event) || event.action !== 'message') return state;
    return event.source === 'user' ? event.args.content : null;
  },
  step: ({ state }) => (state === null ? null : say(`You said: ${state.slice(0, 100)}`)),
};

/** Thinks until it is interrupted: what users say meanwhile is stored, and nobody reacts to it. */
const thinker: Agent<null> = {
  name: 'ThinkingAgent',
  version: '1',
  reactive: true,
  initialState: () => null,
  fold: () => null,
  step: ({ signal }) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve(null), { once: true })),
};

export const agentNames = { echo: echo.name, thinker: thinker.name } as const;

export function benchAgents(): AgentRegistry {
  return new AgentRegistry(echo.name, [
    [echo.name, { needsLlm: false, create: () => echo }],
    [thinker.name, { needsLlm: false, create: () => thinker }],
  ]);
}
