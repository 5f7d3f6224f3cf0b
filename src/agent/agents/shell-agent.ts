/**
 * `ShellAgent`: the agent that needs no model. It answers each user message in the order of their ids: every line
 * that starts with `$ ` is run as a command; a message without such a line is told what the agent can do.
 */
import { type EventBody, isAction, isObservation } from '../../events/event.ts';
import { runCommand, say } from '../actions.ts';
import type { Agent } from '../agent.ts';

/** A message that is not fully answered: the commands that it still asks for; none at all where it asked for none. */
interface Unanswered {
  readonly id: number;
  readonly commands: string[];
}

/** Oldest first. */
export type ShellAgentState = Unanswered[];

const HELP = [
  'I run commands: start a line with `$ `, as in `$ ls`, and I run it in this workspace and show what it prints.',
  'For an agent that thinks, set a model: LLM_MODEL and LLM_API_KEY in the environment, or the settings page.',
].join('\n');

/** Keys that go to the command that still runs, as in a terminal. */
const KEYS = new Set(['C-c', 'C-d', 'C-z']);

export const shellAgent: Agent<ShellAgentState> = {
  name: 'ShellAgent',
  version: '1',
  reactive: true,
  initialState: () => [],

  fold(state, event) {
    if (isObservation(event)) {
      const stopped = event.observation === 'agent_state_changed' && event.extras.agent_state === 'stopped';
      // A stop ends what was asked for before it, and nothing that came after it.
      return stopped ? state.filter((message) => message.id > (event.cause ?? event.id)) : state;
    }
    if (isAction(event) && event.action === 'message' && event.source === 'user') {
      state.push({ id: event.id, commands: commandsOf(event.args.content) });
    } else if (event.source === 'agent' && isAnswer(event)) {
      const first = state[0];
      first?.commands.shift();
      if (first?.commands.length === 0) state.shift();
    }
    return state;
  },

  step({ state }) {
    const first = state[0];
    if (first === undefined) return null;
    const command = first.commands[0];
    if (command === undefined) return say(HELP, state.length === 1);
    return runCommand(command, { isInput: KEYS.has(command) });
  },
};

/** Whether this action of the agent is what it answers messages by (and not one confirmed or rejected again). */
function isAnswer(event: EventBody & { readonly cause?: number }): boolean {
  return (
    isAction(event) && (event.action === 'run' || event.action === 'message') && event.cause === undefined
  );
}

function commandsOf(content: string): string[] {
  return content
    .split('\n')
    .filter((line) => line.startsWith('$ '))
    .map((line) => line.slice(2).trimEnd())
    .filter((command) => command !== '');
}
