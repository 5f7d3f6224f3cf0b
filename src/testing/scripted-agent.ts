/**
 * An agent that does what a script says, for tests: no model, no surprises.
 *
 * @example
 * ```ts
 * const agent = scriptedAgent([
 *   runCommand('npm test'),
 *   async ({ signal }) => say(await askSomebody(signal)),
 *   finish(),
 * ]);
 * await using manager = await memoryManager({ agent });
 * ```
 */
import type { Agent, AgentAction, StepContext } from '../agent/agent.ts';
import { isAction } from '../events/event.ts';

/**
 * An action, or a function that makes one when its turn has come. What such a function throws fails the step; where it
 * throws or answers null, it is asked again the next time.
 */
export type ScriptedStep =
  | AgentAction
  | ((context: StepContext<number>) => AgentAction | null | Promise<AgentAction | null>);

export interface ScriptedAgentOptions {
  /** @default 'ScriptedAgent' */
  readonly name?: string;
  /** See `Agent`. @default false */
  readonly reactive?: boolean;
}

/**
 * Does one of `steps` after the other, once each, and then waits. Which comes next is counted in the log, so the script
 * goes on where it was after a restart, and a step that was dropped (because the user did something meanwhile) is
 * asked for again.
 */
export function scriptedAgent(
  steps: readonly ScriptedStep[],
  options: ScriptedAgentOptions = {},
): Agent<number> {
  return {
    name: options.name ?? 'ScriptedAgent',
    version: '1',
    reactive: options.reactive ?? false,
    initialState: () => 0,
    fold(done, event) {
      // One that was confirmed or rejected comes again, and names the first as its cause.
      return isAction(event) && event.source === 'agent' && event.cause === undefined ? done + 1 : done;
    },
    step(context) {
      const next = steps[context.state];
      if (next === undefined) return null;
      return typeof next === 'function' ? next(context) : next;
    },
  };
}
