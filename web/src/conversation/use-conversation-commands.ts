import type { AgentState } from 'convene/client';
import { useCallback, useMemo, useRef } from 'react';
import type { Command } from '../commands/registry.ts';
import { client } from '../data/client.ts';
import { showError, toasts } from '../ui/toasts.ts';
import { steeringOf } from './agent-status.ts';
import { focusComposer } from './Composer.tsx';
import { nextNeed } from './next-need.ts';
import type { Steer } from './SteeringBar.tsx';
import type { TimelineScroller } from './timeline-scroller.ts';

interface ConversationCommandsOptions {
  readonly id: string;
  readonly scroller: TimelineScroller;
  readonly state: AgentState;
  /** The action that waits for a yes or no. */
  readonly pending: number | null;
  readonly steer: Steer;
  readonly isTravelling: boolean;
  readonly toggleTravel: () => void;
  readonly toggleWorkspace: () => void;
}

interface ConversationCommands {
  readonly list: readonly Command[];
  /** Goes to the next thing that needs a person, and after the last one to the first. */
  readonly nextNeed: () => void;
}

/** What a person can do in the open conversation, for the palette and the keyboard. */
export function useConversationCommands(options: ConversationCommandsOptions): ConversationCommands {
  const { id, isTravelling, pending, scroller, state, steer, toggleTravel, toggleWorkspace } = options;
  const newest = useRef(-1);

  const goToNext = useCallback(() => {
    const events = (query: Parameters<typeof client.events>[1]) => client.events(id, query);
    const go = async (): Promise<void> => {
      const found = (await nextNeed(events, newest.current)) ?? (await nextNeed(events, -1));
      if (found === null) {
        toasts.show('Nothing here has needed you.');
        return;
      }
      newest.current = found;
      scroller.toEvent(found, 240);
    };
    go().catch((error: unknown) => showError('Could not look', error));
  }, [id, scroller]);

  const list = useMemo((): readonly Command[] => {
    const can = steeringOf(state);
    const commands: (Command | false)[] = [
      can.stop && { id: 'agent.stop', title: 'Stop the agent', shortcut: 'Escape', run: steer.stop },
      can.pause && { id: 'agent.pause', title: 'Pause the agent', shortcut: 'p', run: steer.pause },
      can.resume && { id: 'agent.resume', title: 'Resume the agent', shortcut: 'p', run: steer.resume },
      pending !== null && {
        id: 'agent.confirm',
        title: 'Confirm what the agent wants to do',
        shortcut: 'y',
        run: () => steer.answer(true, pending),
      },
      pending !== null && {
        id: 'agent.reject',
        title: 'Reject what the agent wants to do',
        shortcut: 'n',
        run: () => steer.answer(false, pending),
      },
      { id: 'conversation.write', title: 'Write a message', shortcut: '/', run: focusComposer },
      { id: 'conversation.need', title: 'Go to the next thing that needs you', shortcut: 'j', run: goToNext },
      { id: 'conversation.end', title: 'Go to the end', shortcut: 'G', run: () => scroller.toEnd() },
      { id: 'conversation.start', title: 'Go to the beginning', run: () => scroller.toEvent(0) },
      {
        id: 'conversation.travel',
        title: isTravelling ? 'Back to now' : 'Show the conversation as it was',
        keywords: 'history time travel',
        shortcut: 'h',
        run: toggleTravel,
      },
      {
        id: 'conversation.workspace',
        title: 'Show or hide the workspace',
        keywords: 'files terminal',
        shortcut: 'w',
        run: toggleWorkspace,
      },
    ];
    return commands.filter((command) => command !== false);
  }, [goToNext, isTravelling, pending, scroller, state, steer, toggleTravel, toggleWorkspace]);

  return { list, nextNeed: goToNext };
}
