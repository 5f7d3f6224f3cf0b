import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  body,
  does,
  EventLog,
  entered,
  erred,
  message,
  ownRun,
  ran,
} from '../../../test/fixtures/event-log.ts';
import type { NewEvent } from '../../events/event.ts';
import { errorObservation, userRejected } from '../../events/observations.ts';
import { finish, runCommand, say } from '../actions.ts';
import type { LlmMessage } from '../llm/llm.ts';
import { WORKSPACE_ERROR } from '../loop-state.ts';
import { fitted } from './fit-context.ts';
import { Transcript } from './transcript.ts';

function messagesOf(events: readonly NewEvent[]): LlmMessage[] {
  const transcript = new Transcript();
  for (const event of new EventLog(undefined, events).events) transcript.push(event);
  return transcript.messages();
}

/** A message as its reader would tell it. */
function told(messages: readonly LlmMessage[]): string[] {
  return messages.map((one) => {
    if (one.role === 'user') return `user: ${one.text}`;
    if (one.role === 'tool') return `${one.callId}: ${one.text}`;
    const calls = one.calls?.map(({ id, input }) => ` ${id} ${JSON.stringify(input)}`) ?? [];
    return `assistant: ${one.text}${calls.join('')}`;
  });
}

/** Whether every call is answered by the very next message, and nothing else is answered. */
function inPairs(messages: readonly LlmMessage[]): boolean {
  return messages.every((one, index) => {
    const next = messages[index + 1];
    const before = messages[index - 1];
    if (one.role === 'tool') {
      return before?.role === 'assistant' && before.calls?.some(({ id }) => id === one.callId);
    }
    if (one.role !== 'assistant' || one.calls === undefined) return true;
    return next?.role === 'tool' && next.callId === one.calls[0]?.id;
  });
}

const ls = does(runCommand('ls', { thought: 'I look.' }));

describe('a transcript', () => {
  it('has messages, calls and their results in the order of the log', () => {
    expect(
      told(
        messagesOf([message('Go.'), entered('running'), ls, ran(2, 'README.md'), does(say('That is all.'))]),
      ),
    ).toEqual([
      'user: Go.',
      'assistant: I look. c00000002 {"command":"ls"}',
      'c00000002: README.md\n[exit code 0]',
      'assistant: That is all.',
    ]);
  });

  it('puts what came between a call and its result after it', () => {
    expect(told(messagesOf([message('Go.'), ls, message('And hurry.'), ran(1, 'README.md')]))).toEqual([
      'user: Go.',
      expect.stringContaining('c00000001'),
      expect.stringMatching(/^c00000001: README/),
      'user: And hurry.',
    ]);
  });

  it('answers a call whose result has not come', () => {
    expect(told(messagesOf([message('Go.'), ls, message('Well?')])).slice(2)).toEqual([
      'c00000001: No result: this was interrupted before it ended, or never begun.',
      'user: Well?',
    ]);
  });

  it('tells of an interruption in the words of the log', () => {
    expect(
      told(messagesOf([message('Go.'), ls, erred(1, 'Interrupted: it may have taken effect.')])).at(-1),
    ).toBe('c00000001: Error: Interrupted: it may have taken effect.');
  });

  it('knows a call that waited for its user by its first id', () => {
    const rejected: NewEvent = { ...userRejected('Not that.'), source: 'agent', cause: 2 };
    expect(told(messagesOf([message('Go.'), ls, { ...ls, cause: 1 }, rejected])).slice(1)).toEqual([
      expect.stringContaining('c00000001'),
      'c00000001: The user rejected this. Not that.',
    ]);
  });

  it('tells that what was in the workspace is gone', () => {
    const gone = { ...errorObservation('All is gone.', WORKSPACE_ERROR), source: 'environment' } as const;
    const asked = [message('Go.'), entered('running'), ls, gone, ran(2, 'README.md')];
    expect(told(messagesOf(asked)).slice(2)).toEqual([
      'c00000002: README.md\n[exit code 0]',
      'user: [All is gone.]',
    ]);
  });

  it('tells of what the user has run', () => {
    expect(told(messagesOf([ownRun('git status'), { ...ran(0, 'clean'), source: 'user' }]))).toEqual([
      'user: [The user ran this in the workspace, in a shell of their own: git status]\nclean\n[exit code 0]',
    ]);
  });

  it('has what the provider wants to see again with its call, and nothing that it does not know', () => {
    const provider_metadata = { google: { thoughtSignature: 'abc' } };
    const signed: NewEvent = { ...ls, tool_call_metadata: { function_name: 'run', provider_metadata } };
    const [, call] = messagesOf([message('Go.'), signed]);
    expect(call).toMatchObject({ calls: [{ metadata: provider_metadata }] });
    const [, other] = messagesOf([message('Go.'), { ...ls, tool_call_metadata: { provider_metadata: 7 } }]);
    expect(Object.keys(Object(other).calls[0])).not.toContain('metadata');
  });

  it('leaves the middle of a long result out', () => {
    const result = messagesOf([message('Go.'), ls, ran(1, `first ${'x'.repeat(100_000)} last`)]).at(-1);
    expect(result?.text.length).toBeLessThan(31_000);
    expect(result?.text).toMatch(/^first x+\n\[… \d+ characters left out …\]\nx+ last\n\[exit code 0\]$/);
  });
});

/** Any of the last events may be what an observation answers. */
const event = fc.oneof(
  fc.constant(() => message('More.')),
  fc.constant(() => ls),
  fc.constant(() => ownRun('pwd')),
  fc.constant(() => does(say('Hm.'))),
  fc.constant(() => does(finish('Done.'))),
  fc.constant(() => entered('paused')),
  fc.constant((): NewEvent => ({ ...body({ action: 'dance', args: {} }), source: 'agent' })),
  fc.nat(3).map((back) => (id: number) => ran(Math.max(0, id - 1 - back), 'x'.repeat(5_000))),
  fc.nat(3).map((back) => (id: number) => erred(Math.max(0, id - 1 - back))),
  fc.nat(3).map(
    (back) =>
      (id: number): NewEvent => ({ ...ls, cause: Math.max(0, id - 1 - back) }),
  ),
);

describe('whatever the log holds', () => {
  const logs = fc.array(event, { maxLength: 60 }).map((makers) => makers.map((make, id) => make(id)));

  it('calls and results are in pairs, also where older messages are shortened', () => {
    fc.assert(
      fc.property(logs, (events) => {
        const messages = messagesOf(events);
        for (const tightness of [0, 1, 2] as const) {
          if (!inPairs(fitted(messages, tightness)))
            throw new Error(told(fitted(messages, tightness)).join('\n'));
        }
      }),
    );
  });

  it('the shortened are no longer than the whole, and keep how it began and how it ends', () => {
    fc.assert(
      fc.property(logs, (events) => {
        const messages = messagesOf([message('The task.'), ...events]);
        const size = (tightness: 0 | 1 | 2) => JSON.stringify(fitted(messages, tightness)).length;
        expect(size(1)).toBeLessThanOrEqual(size(0));
        expect(size(2)).toBeLessThanOrEqual(size(1) + 100);
        const shortest = fitted(messages, 2);
        expect(shortest[0]).toMatchObject({ role: 'user', text: 'The task.' });
        expect(shortest.at(-1)?.role).toBe(messages.at(-1)?.role);
      }),
    );
  });
});
