/**
 * `ReplayAgent`: plays a recorded trajectory back, one step after the other, and then hands over to the conversation's
 * ordinary agent.
 *
 *   playing ──the last step──▶ played ──a user's message──▶ the ordinary agent
 *
 * Which step comes next is counted in the log: after a crash it goes on where it was, and a step that was appended is
 * never proposed again. What a user says meanwhile is answered when everything was played. A stop or a pause holds the
 * playback; a message, or `running`, lets it go on.
 */
import { isAction, type StoredEvent } from '../../events/event.ts';
import type { Agent, AgentAction } from '../agent.ts';

export interface ReplayState {
  /** Steps that are in the log. */
  played: number;
  /** The message that the conversation begins with is in the log. */
  opened: boolean;
  /** A user has said something since. */
  asked: boolean;
  /** The ordinary agent's own. */
  ordinary: unknown;
}

/** `ordinary`: who goes on at a user's message after the last step. */
export function replayAgent(steps: readonly AgentAction[], ordinary: Agent): Agent<ReplayState> {
  const isPlaying = (state: ReplayState): boolean => state.played < steps.length;

  /** A reactive agent answers messages: what the recording answers is not for it to answer again. */
  const isForOrdinary = (state: ReplayState, event: StoredEvent): boolean =>
    ordinary.reactive !== true ||
    !isPlaying(state) ||
    !isAction(event) ||
    (event.source === 'user' && (state.opened || event.action !== 'message'));

  return {
    name: 'ReplayAgent',
    version: `1/${steps.length}/${ordinary.name}/${ordinary.version}`,
    reactive: ordinary.reactive ?? false,
    isUnlimited: isPlaying,
    initialState: () => ({ played: 0, opened: false, asked: false, ordinary: ordinary.initialState() }),

    fold(state, event) {
      if (isForOrdinary(state, event)) state.ordinary = ordinary.fold(state.ordinary, event);
      if (!isAction(event)) return state;
      // One that was confirmed or rejected comes again, and names the first as its cause.
      if (event.source === 'agent' && event.cause === undefined && isPlaying(state)) state.played += 1;
      if (event.source === 'user' && event.action === 'message') {
        state.asked ||= state.opened;
        state.opened = true;
      }
      return state;
    },

    step(context) {
      const { state } = context;
      const next = steps[state.played];
      if (next !== undefined) return next;
      return state.asked ? ordinary.step({ ...context, state: state.ordinary }) : null;
    },
  };
}
