import { describe, expect, it } from 'vitest';
import type { NewEvent, StoredEvent } from '../../events/event.ts';
import {
  editObservation,
  errorObservation,
  runObservation,
  stateObservation,
} from '../../events/observations.ts';
import { renderEvent } from './render.ts';
import { Transcript } from './transcript.ts';

function stored(event: NewEvent): StoredEvent {
  return { ...event, id: 7, timestamp: '2026-01-01T00:00:00.000Z', message: '' };
}

function shown(event: NewEvent): string[] {
  return renderEvent(stored(event)).map(({ text }) => text);
}

function said(content: string, source: 'user' | 'agent' = 'agent'): NewEvent {
  return { action: 'message', args: { content, image_urls: [], wait_for_response: false }, source };
}

function run(command: string, more: object = {}): NewEvent {
  const args = {
    command,
    is_input: false,
    thought: '',
    blocking: false,
    hidden: false,
    confirmation_state: 'confirmed',
    ...more,
  } as const;
  return { action: 'run', args, source: 'agent' };
}

const printed = (content: string, exitCode = 0, hidden = false): NewEvent => ({
  ...runObservation({ command: 'x', content, exitCode, hidden }),
  source: 'agent',
  cause: 6,
});

describe('an event in a terminal', () => {
  it.each<[string, NewEvent, string[]]>([
    ['what the agent says', said('one\ntwo'), ['one', 'two']],
    ['what the user says', said('one', 'user'), ['> one']],
    ['a command', run('ls -la'), ['$ ls -la']],
    ['a command with a thought', run('ls', { thought: 'I look' }), ['I look', '$ ls']],
    ['a hidden command', run('ls', { hidden: true }), []],
    ['a confirmed command, which was shown when it asked', { ...run('ls'), cause: 5 }, []],
    ['what it printed', printed('a\nb\n'), ['a', 'b', '· exit code 0']],
    ['a command that failed', printed('', 2), ['! exit code 2']],
    ['a command that did not end', printed('', -1), ['! did not end']],
    ['what is hidden', printed('a', 0, true), []],
    [
      'a state',
      { ...stateObservation('awaiting_user_input'), source: 'environment' },
      ['· awaiting user input'],
    ],
    [
      'a state of trouble',
      { ...stateObservation('error', 'no key'), source: 'environment' },
      ['! error: no key'],
    ],
    ['an error', { ...errorObservation('It\nfailed'), source: 'agent' }, ['! It failed']],
    [
      'an edit',
      {
        ...editObservation({ path: 'a.ts', content: '', oldContent: 'a', newContent: 'b' }),
        source: 'agent',
      },
      ['· Edited a.ts'],
    ],
    ['nothing', { observation: 'null', content: '', extras: {}, source: 'environment' }, []],
  ])('shows %s', (_, event, lines) => {
    expect(shown(event)).toEqual(lines);
  });

  it('shows the beginning of a long output, and how much there is', () => {
    const lines = shown(printed(Array.from({ length: 100 }, (_, n) => `line ${n}`).join('\n')));
    expect(lines).toHaveLength(62);
    expect(lines.at(-2)).toBe('· and 40 more lines');
  });

  it('never lets what others wrote steer the terminal', () => {
    expect(shown(printed('\u001b[31mred\u001b[0m\u0007\u001b]0;title\u0007'))).toEqual([
      'red',
      '· exit code 0',
    ]);
    expect(shown(said('\u001b[2Jgone\u009b'))).toEqual(['gone']);
  });
});

describe('a transcript', () => {
  it('shows streamed words once', () => {
    const transcript = new Transcript();
    expect(transcript.delta({ kind: 'message', text: 'Hel' })).toBe('Hel');
    expect(transcript.isAtLineStart).toBe(false);
    expect(transcript.delta({ kind: 'message', text: 'lo' })).toBe('lo');
    expect(transcript.event(stored(said('Hello')))).toBe('\n');
    expect(transcript.event(stored(said('Hello')))).toBe('Hello\n');
  });

  it('shows what a command printed once, and how it ended', () => {
    const transcript = new Transcript();
    transcript.event(stored(run('ls')));
    expect(transcript.delta({ kind: 'output', text: 'a\n' })).toBe('a\n');
    expect(transcript.event(stored(printed('a')))).toBe('· exit code 0\n');
  });

  it('drops what was streamed and comes late', () => {
    const transcript = new Transcript();
    transcript.event(stored(printed('a')));
    expect(transcript.delta({ kind: 'output', text: 'a\n', cause: 6 })).toBe('');
    expect(transcript.delta({ kind: 'output', text: 'b\n', cause: 8 })).toBe('b\n');
  });

  it('shows the rest of what was streamed in part', () => {
    const transcript = new Transcript();
    transcript.delta({ kind: 'output', text: 'a\n' });
    expect(transcript.event(stored(printed('a\nb')))).toBe('b\n· exit code 0\n');
  });

  it('begins a line for everything that comes between', () => {
    const transcript = new Transcript();
    transcript.delta({ kind: 'message', text: 'Hel' });
    expect(transcript.note('the connection is lost')).toBe('\n· the connection is lost\n');
    expect(transcript.delta({ kind: 'output', text: 'out' })).toBe('out');
  });
});
