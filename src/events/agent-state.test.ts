import { describe, expect, it } from 'vitest';
import { type AgentState, agentStates, canFollow, mayAsk, transitions } from './agent-state.ts';

describe('transitions', () => {
  it.each<[AgentState, AgentState]>([
    ['loading', 'awaiting_user_input'],
    ['loading', 'running'],
    ['running', 'awaiting_user_input'],
    ['running', 'awaiting_user_confirmation'],
    ['running', 'finished'],
    ['running', 'rejected'],
    ['awaiting_user_confirmation', 'user_confirmed'],
    ['awaiting_user_confirmation', 'user_rejected'],
    ['user_confirmed', 'running'],
    ['user_rejected', 'awaiting_user_input'],
    ['paused', 'running'],
    ['paused', 'awaiting_user_confirmation'],
    ['stopped', 'running'],
    ['error', 'running'],
    ['rate_limited', 'running'],
  ])('lead from %s to %s', (from, to) => {
    expect(canFollow(from, to)).toBe(true);
  });

  it.each<[AgentState, AgentState]>([
    ['awaiting_user_input', 'user_confirmed'],
    ['awaiting_user_confirmation', 'running'],
    ['finished', 'awaiting_user_confirmation'],
    ['stopped', 'paused'],
    ['running', 'loading'],
  ])('do not lead from %s to %s', (from, to) => {
    expect(canFollow(from, to)).toBe(false);
  });

  it('never lead from a state to itself, nor back to init', () => {
    for (const from of agentStates) {
      expect(canFollow(from, from)).toBe(false);
      expect(canFollow(from, 'init')).toBe(false);
    }
  });

  it('name every state, and each is left towards running by some way', () => {
    expect(Object.keys(transitions).sort()).toEqual([...agentStates].sort());
    for (const from of agentStates) {
      const reached = new Set<AgentState>([from]);
      for (const state of reached) for (const next of transitions[state]) reached.add(next);
      expect(reached).toContain('running');
    }
  });
});

describe('what a user may ask for', () => {
  const table: Partial<Record<AgentState, readonly AgentState[]>> = {
    running: ['paused', 'stopped', 'error', 'rate_limited'],
    paused: ['loading', 'init', 'running', 'awaiting_user_confirmation', 'rate_limited'],
    stopped: agentStates.filter((state) => state !== 'stopped'),
    user_confirmed: ['awaiting_user_confirmation'],
    user_rejected: ['awaiting_user_confirmation'],
  };

  it.each(agentStates)('%s', (to) => {
    expect(agentStates.filter((from) => mayAsk(from, to))).toEqual(
      agentStates.filter((from) => table[to]?.includes(from)),
    );
  });

  it('is always a transition', () => {
    for (const from of agentStates) {
      for (const to of agentStates) if (mayAsk(from, to)) expect(canFollow(from, to)).toBe(true);
    }
  });
});
