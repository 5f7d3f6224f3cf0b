/** Agents that cost nothing: what is measured is the server around them. */
import { say } from '../../src/agent/actions.ts';
import type { Agent } from '../../src/agent/agent.ts';
import { AgentRegistry } from '../../src/agent/agent-registry.ts';
import { CODE_ACT, codeActAgent } from '../../src/agent/agents/code-act-agent.ts';
import { LlmProvider } from '../../src/agent/llm/llm-provider.ts';
import { systemClock } from '../../src/clock.ts';
import type { InstantLlm } from './instant-llm.ts';

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

/** `codeAct`: asks the model that the settings name. `stepper`: the same agent with a model that answers at once. */
export const agentNames = {
  echo: echo.name,
  thinker: thinker.name,
  codeAct: CODE_ACT,
  stepper: 'SteppingAgent',
} as const;

const llms = new LlmProvider({
  model: null,
  apiKey: null,
  baseUrl: null,
  timeoutMs: 30_000,
  retries: 0,
  retryDelayMs: 0,
  clock: systemClock,
});

export function benchAgents(instant: InstantLlm): AgentRegistry {
  const stepper = { ...codeActAgent(instant), name: agentNames.stepper };
  const entries = [
    [echo.name, { needsLlm: false, create: () => echo }],
    [thinker.name, { needsLlm: false, create: () => thinker }],
    [stepper.name, { needsLlm: false, create: () => stepper }],
  ] as const;
  return new AgentRegistry(echo.name, entries, llms);
}
