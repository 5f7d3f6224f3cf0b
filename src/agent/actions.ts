/**
 * Short ways for an agent to say what it proposes.
 */
import type { ActionOf } from '../events/actions.ts';

/** A message to the user. `thenWait`: the turn is the user's. @default true */
export function say(content: string, thenWait = true): ActionOf<'message'> {
  return { action: 'message', args: { content, image_urls: [], wait_for_response: thenWait } };
}

export interface RunOptions {
  readonly thought?: string;
  /** `command` is input for the command that still runs. */
  readonly isInput?: boolean;
  readonly timeoutSeconds?: number;
}

export function runCommand(command: string, options: RunOptions = {}): ActionOf<'run'> {
  return {
    action: 'run',
    args: {
      command,
      is_input: options.isInput ?? false,
      thought: options.thought ?? '',
      blocking: false,
      hidden: false,
      confirmation_state: 'confirmed',
    },
    ...(options.timeoutSeconds === undefined ? {} : { timeout: options.timeoutSeconds }),
  };
}

/** The task is done. */
export function finish(thought = '', outputs: Record<string, unknown> = {}): ActionOf<'finish'> {
  return { action: 'finish', args: { outputs, thought } };
}
