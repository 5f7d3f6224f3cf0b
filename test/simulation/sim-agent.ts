/**
 * The agent of the simulation. A message says what it wants, a letter a step: `r` run a command, `s` say something,
 * `d` think it over first (a step that takes its time). Every command has a name of its own, and every action says in
 * its thought which message was the newest that the agent knew of.
 */

import { runCommand, say } from '../../src/agent/actions.ts';
import type { Agent, AgentAction } from '../../src/agent/agent.ts';
import { delay } from '../../src/clock.ts';
import type { SimProcess } from './sim-process.ts';

interface SimAgentState {
  /** Messages not fully answered, oldest first. */
  queue: { readonly id: number; readonly steps: string[] }[];
  newest: number;
  /** Actions of the agent so far: makes the names of its commands unique. */
  actions: number;
}

export function simAgent(process: SimProcess, sid: string): Agent<SimAgentState> {
  return {
    name: 'SimAgent',
    version: '1',
    reactive: true,
    initialState: () => ({ queue: [], newest: -1, actions: 0 }),
    fold(state, event) {
      if ('observation' in event) {
        const stopped = event.observation === 'agent_state_changed' && event.extras.agent_state === 'stopped';
        if (stopped) state.queue = state.queue.filter((message) => message.id > (event.cause ?? event.id));
      } else if (event.source === 'user' && event.action === 'message') {
        state.newest = event.id;
        state.queue.push({ id: event.id, steps: [...(/^([rsd]*)#/.exec(event.args.content)?.[1] ?? '')] });
      } else if (event.source === 'agent' && event.cause === undefined) {
        state.actions += 1;
        const first = state.queue[0];
        if (first?.steps[0] === 'd') first.steps.shift();
        first?.steps.shift();
        if (first !== undefined && first.steps.length === 0) state.queue.shift();
      }
      return state;
    },
    step({ state, signal }) {
      process.watch?.steps(sid);
      const first = state.queue[0];
      if (first === undefined) return null;
      const slow = first.steps[0] === 'd';
      const wanted = slow ? first.steps[1] : first.steps[0];
      const known = `knows:${state.newest}`;
      const action: AgentAction =
        wanted === 'r'
          ? runCommand(`${sid}/agent/${state.actions}`, { thought: known })
          : say(known, state.queue.length === 1 && first.steps.length <= (slow ? 2 : 1));
      if (!slow) return action;
      return delay(process.clock, process.world.random() * 400, signal).then(() => action);
    },
  };
}
