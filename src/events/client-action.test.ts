import { describe, expect, it } from 'vitest';
import { ConveneError, type ErrorCode } from '../errors.ts';
import { parseClientAction } from './client-action.ts';
import { actionKinds } from './kinds.ts';

/** What a frame is refused with: code and field. */
function refusal(frame: unknown): [ErrorCode, unknown, string] {
  try {
    parseClientAction(frame);
  } catch (error) {
    if (error instanceof ConveneError) {
      const { field } = error.details;
      return [error.code, field, error.message];
    }
    throw error;
  }
  throw new Error('The frame was accepted.');
}

const message = { action: 'message', args: { content: 'hi' } };

describe('a frame from a client', () => {
  it('becomes a whole action', () => {
    expect(parseClientAction(message)).toEqual({
      action: { action: 'message', args: { content: 'hi', image_urls: [], wait_for_response: false } },
    });
  });

  it('as a web client of the protocol sends it is accepted', () => {
    const args = { content: 'hi', image_urls: [], timestamp: '2025-03-01T10:00:00.000Z' };
    expect(parseClientAction({ action: 'message', args }).action.args).toMatchObject(args);
    for (const agent_state of ['running', 'paused', 'stopped', 'user_confirmed', 'user_rejected']) {
      const parsed = parseClientAction({ action: 'change_agent_state', args: { agent_state } });
      expect(parsed.action.args).toMatchObject({ agent_state });
    }
    expect(
      parseClientAction({ action: 'run', args: { command: 'ls', hidden: false } }).action.args,
    ).toMatchObject({
      command: 'ls',
      hidden: false,
      confirmation_state: 'confirmed',
    });
  });

  it('keeps its action_id and its timeout, and drops what else stands beside them', () => {
    const frame = { ...message, action_id: 'a-1', timeout: 2.5, source: 'agent', cause: 4, token: 'x' };
    expect(parseClientAction(frame)).toEqual({
      actionId: 'a-1',
      action: { ...parseClientAction(message).action, timeout: 2.5 },
    });
  });

  it('may say null at the top level for what it leaves out', () => {
    expect(parseClientAction({ ...message, id: null, action_id: null, timeout: null })).toEqual(
      parseClientAction(message),
    );
  });

  it('may hold any string that JSON can', () => {
    const content = '\u0000 \ud800 \u2028';
    const parsed = parseClientAction({ action: 'message', args: { content }, action_id: '\u0000\udfff' });
    expect(parsed.action.args).toMatchObject({ content });
    expect(parsed.actionId).toBe('\u0000\udfff');
  });

  it('names the pending action that it decides on', () => {
    const args = { agent_state: 'user_confirmed', action_id: 12 };
    expect(parseClientAction({ action: 'change_agent_state', args }).action.args).toMatchObject(args);
  });

  it.each([
    ['message', 'content'],
    ['run', 'command'],
    ['run_ipython', 'code'],
    ['read', 'path'],
    ['write', 'path'],
    ['edit', 'path'],
    ['browse', 'url'],
    ['change_agent_state', 'agent_state'],
  ])('of kind %s is refused without its %s', (action, field) => {
    expect(refusal({ action, args: {} }).slice(0, 2)).toEqual(['invalid_request', `args.${field}`]);
    expect(refusal({ action }).slice(0, 2)).toEqual(['invalid_request', `args.${field}`]);
  });

  it.each<[string, unknown, string]>([
    ['no object', 'message', 'action'],
    ['nothing', undefined, 'action'],
    ['a list', [message], 'action'],
    ['an id', { ...message, id: 0 }, 'id'],
    ['no kind', { args: {} }, 'action'],
    ['a kind that is no string', { action: 7, args: {} }, 'action'],
    ['args that are no object', { action: 'message', args: 'hi' }, 'args'],
    ['args that are a list', { action: 'message', args: ['hi'] }, 'args'],
    ['a wrong argument', { action: 'message', args: { content: 7 } }, 'args.content'],
    ['a wrong element', { action: 'message', args: { content: '', image_urls: [1] } }, 'args.image_urls.0'],
    [
      'an unknown state',
      { action: 'change_agent_state', args: { agent_state: 'asleep' } },
      'args.agent_state',
    ],
    ['an empty action_id', { ...message, action_id: '' }, 'action_id'],
    ['a long action_id', { ...message, action_id: 'x'.repeat(201) }, 'action_id'],
    ['an action_id that is no string', { ...message, action_id: 1 }, 'action_id'],
    ['no time', { ...message, timeout: 0 }, 'timeout'],
    ['endless time', { ...message, timeout: JSON.parse('1e999') }, 'timeout'],
    ['a time in words', { ...message, timeout: '5' }, 'timeout'],
    [
      'an action of its own that awaits consent',
      { action: 'run', args: { command: 'ls', confirmation_state: 'awaiting_confirmation' } },
      'args.confirmation_state',
    ],
    ['binary data', { action: 'message', args: { content: 'hi', file: Buffer.from('x') } }, 'args.file'],
  ])('with %s is refused and the field named', (_name, frame, field) => {
    const [code, named, text] = refusal(frame);
    expect([code, named]).toEqual(['invalid_request', field]);
    expect(text).not.toBe('');
  });

  it('nested so deeply that it could not be stored is refused', () => {
    const depth = 50_000;
    const deep: unknown = JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
    expect(refusal({ action: 'message', args: { content: '', deep } })[0]).toBe('invalid_request');
  });

  it.each([...actionKinds].filter((kind) => !isForClients(kind)))('may not be of kind %s', (kind) => {
    const [code, field, text] = refusal({ action: kind, args: { thought: 'x' } });
    expect([code, field]).toEqual(['invalid_request', 'action']);
    expect(text).toContain(kind);
  });

  it.each(['dance', 'toString', '__proto__', ''])('of the unknown kind %j is refused as such', (kind) => {
    const [code, field, text] = refusal({ action: kind, args: {} });
    expect([code, field]).toEqual(['action_unknown', 'action']);
    expect(text).toContain(JSON.stringify(kind));
  });

  it('is not repeated at length when it is refused', () => {
    expect(refusal({ action: 'x'.repeat(1_000_000), args: {} })[2].length).toBeLessThan(200);
  });
});

function isForClients(kind: string): boolean {
  return ['message', 'run', 'run_ipython', 'read', 'write', 'edit', 'browse', 'change_agent_state'].includes(
    kind,
  );
}
