import type { AgentState } from 'convene/client';
import { useSettings } from '../data/settings.ts';

export interface ComposerWords {
  readonly placeholder: string;
  readonly hint: string;
}

/** What the field says: what the agent waits for, and how to talk with it. */
export function useComposerWords(state: AgentState): ComposerWords {
  const { data } = useSettings();
  const agent = data?.stored?.agent ?? data?.defaults.agent ?? null;
  const isShell = data !== undefined && (agent === null ? !data.defaults.hasLlm : agent === 'ShellAgent');
  const keys = 'Enter sends, Shift-Enter begins a new line.';
  return {
    placeholder: placeholderOf(state, isShell),
    hint: isShell ? `Without a model, lines that start with “$ ” are run as commands. ${keys}` : keys,
  };
}

function placeholderOf(state: AgentState, isShell: boolean): string {
  switch (state) {
    case 'awaiting_user_confirmation':
      return 'Or say what to do instead';
    case 'running':
      return isShell ? '$ ls -la' : 'Add something while it works';
    case 'error':
    case 'rate_limited':
      return 'Say how to go on';
    default:
      return isShell ? '$ ls -la' : 'Message the agent';
  }
}
