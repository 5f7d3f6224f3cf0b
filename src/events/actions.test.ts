import { describe, expect, expectTypeOf, it } from 'vitest';
import { type Action, actionSchemas, type MessageAction, type RunnableAction } from './actions.ts';
import { type EventBody, isAction, isObservation, kindOf, type StoredEvent } from './event.ts';
import { actionKinds, isKnownAction, isRunnable, needsConfirmation } from './kinds.ts';
import { errorObservation, runObservation } from './observations.ts';
import { parseStoredBody } from './stored-body.ts';

const protocolKinds = [
  ...['message', 'run', 'run_ipython', 'read', 'write', 'edit', 'browse', 'browse_interactive', 'think'],
  ...[
    'finish',
    'reject',
    'delegate',
    'change_agent_state',
    'recall',
    'call_tool_mcp',
    'condensation',
    'null',
  ],
];

describe('the schemas of actions', () => {
  it('are there for every kind of the protocol', () => {
    expect([...actionKinds].sort()).toEqual(protocolKinds.sort());
  });

  it.each<[Action['action'], object, object]>([
    ['message', { content: 'hi' }, { content: 'hi', image_urls: [], wait_for_response: false }],
    ['message', { content: '', image_urls: null }, { content: '', image_urls: [], wait_for_response: false }],
    [
      'run',
      { command: 'ls' },
      {
        command: 'ls',
        is_input: false,
        thought: '',
        blocking: false,
        hidden: false,
        confirmation_state: 'confirmed',
      },
    ],
    [
      'read',
      { path: 'a' },
      { path: 'a', start: 0, end: -1, thought: '', impl_source: 'default', view_range: null },
    ],
    ['finish', {}, { outputs: {}, thought: '' }],
    ['change_agent_state', { agent_state: 'paused' }, { agent_state: 'paused', thought: '' }],
    [
      'call_tool_mcp',
      { name: 't' },
      { name: 't', arguments: {}, thought: '', confirmation_state: 'confirmed' },
    ],
    ['null', {}, {}],
  ])('fill in what %s leaves out', (kind, args, whole) => {
    expect(actionSchemas[kind].parse({ action: kind, args })).toEqual({ action: kind, args: whole });
  });

  it('keep arguments that they do not name', () => {
    const parsed = actionSchemas.message.parse({
      action: 'message',
      args: { content: 'hi', timestamp: '2025-01-01T00:00:00Z', file_urls: ['a'] },
    });
    expect(parsed.args).toMatchObject({ timestamp: '2025-01-01T00:00:00Z', file_urls: ['a'] });
  });

  it('take every string that JSON can hold', () => {
    const content = 'nul \u0000, half a pair \ud83d';
    expect(actionSchemas.message.parse({ action: 'message', args: { content } }).args.content).toBe(content);
  });
});

describe('kinds', () => {
  const unknown: EventBody = parseStoredBody('{"action":"compose","args":{"key":1}}');

  it('tell which actions somebody must carry out', () => {
    const runnable = protocolKinds.filter((action) =>
      isRunnable(parseStoredBody(JSON.stringify({ action, args: {} }))),
    );
    expect(runnable.sort()).toEqual(
      [
        ...['browse', 'browse_interactive', 'call_tool_mcp', 'delegate', 'edit', 'read', 'recall', 'run'],
        ...['run_ipython', 'think', 'write'],
      ].sort(),
    );
  });

  it('tell which actions wait for consent', () => {
    const waiting = protocolKinds.filter((action) =>
      needsConfirmation(parseStoredBody(JSON.stringify({ action, args: {} }))),
    );
    expect(waiting.sort()).toEqual(['call_tool_mcp', 'run', 'run_ipython']);
  });

  it('of later releases are actions, and neither known, runnable nor held back', () => {
    expect(isAction(unknown)).toBe(true);
    expect(isObservation(unknown)).toBe(false);
    expect(kindOf(unknown)).toBe('compose');
    expect(isKnownAction(unknown)).toBe(false);
    expect(isRunnable(unknown)).toBe(false);
    expect(needsConfirmation(unknown)).toBe(false);
  });

  it('keep actions and observations apart', () => {
    expect(isKnownAction(errorObservation('no'))).toBe(false);
    expect(isRunnable(runObservation({ command: 'ls', content: '', exitCode: 0 }))).toBe(false);
  });

  it('narrow a stored event', () => {
    const narrow = (event: StoredEvent): void => {
      if ('action' in event && event.action === 'message') expectTypeOf(event).toExtend<MessageAction>();
      if (isRunnable(event)) expectTypeOf(event).toExtend<RunnableAction & { id: number }>();
      if (isKnownAction(event)) expectTypeOf(event.action).toEqualTypeOf<Action['action']>();
    };
    expectTypeOf(narrow).toBeFunction();
  });
});
