import type { AgentState } from 'convene/client';
import { useDefaults } from '../data/settings.ts';

export interface ComposerWords {
  readonly placeholder: string;
  readonly hint: string;
}

/** What the field says: what the agent waits for, and how to talk with it. */
export function useComposerWords(state: AgentState): ComposerWords {
  const { data: defaults } = useDefaults();
  const isShell =
    defaults !== undefined &&
    (defaults.agent === 'ShellAgent' || (defaults.agent === null && !defaults.hasLlm));
  const keys = 'Shift-Enter begins a new line.';
  return {
    placeholder: placeholderOf(state, isShell),
    hint: isShell ? `Lines that start with “$ ” run as commands. ${keys}` : keys,
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
