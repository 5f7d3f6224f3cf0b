import type { StoredEvent } from 'convene/client';
import { describe, expect, it } from 'vitest';
import { TerminalText } from './terminal-text.ts';

const envelope = { timestamp: '2026-11-26T00:00:00.000Z', message: '' } as const;

function run(id: number, command: string, args = {}, source: 'agent' | 'user' = 'agent'): StoredEvent {
  const rest = { is_input: false, thought: '', blocking: false, hidden: false };
  const all = { ...rest, command, confirmation_state: 'confirmed' as const, ...args };
  return { ...envelope, id, source, action: 'run', args: all };
}

function ran(id: number, cause: number, content: string, exit_code = 0): StoredEvent {
  const metadata = {
    exit_code,
    pid: 1,
    username: null,
    hostname: null,
    working_dir: null,
    py_interpreter_path: null,
    prefix: '',
    suffix: '',
  };
  const extras = { command: '', hidden: false, metadata };
  return { ...envelope, id, cause, source: 'agent', observation: 'run', content, extras };
}

function failed(id: number, cause: number, content: string): StoredEvent {
  return { ...envelope, id, cause, source: 'agent', observation: 'error', content, extras: { error_id: '' } };
}

const ESC = '\u001b';

/** Without colours. */
const bare = (text: string): string => text.replaceAll(new RegExp(`${ESC}\\[\\d+m`, 'g'), '');

describe('the text of a terminal', () => {
  it('has each command, whose it is, and what it printed', () => {
    const text = new TerminalText();
    for (const event of [
      run(1, 'ls'),
      ran(2, 1, 'a\nb'),
      run(3, 'false', {}, 'user'),
      ran(4, 3, '', 1),
      run(5, 'sleep 100'),
      failed(6, 5, 'It was interrupted.'),
    ]) {
      text.event(event);
    }
    expect(bare(text.whole)).toBe(
      'agent $ ls\na\nb\nyou $ false\nexit code 1\nagent $ sleep 100\nIt was interrupted.\ninterrupted\n',
    );
  });

  it('grows with what is streamed, and only ends with what the log says', () => {
    const text = new TerminalText();
    text.event(run(1, 'count'));
    expect(text.delta({ kind: 'output', text: 'one\r\n', cause: 1 })).toEqual({ append: 'one\r\n' });
    expect(text.delta({ kind: 'output', text: 'two\r\n', cause: 1 })).toEqual({ append: 'two\r\n' });
    expect(text.event(ran(2, 1, 'one\ntwo'))).toEqual({ append: '' });
    expect(bare(text.whole)).toBe('agent $ count\none\ntwo\n');
  });

  it('has what the stream did not say', () => {
    const text = new TerminalText();
    text.event(run(1, 'count'));
    text.delta({ kind: 'output', text: 'one', cause: 1 });
    expect(text.event(ran(2, 1, 'one and a half'))).toEqual({ append: ' and a half\n' });
  });

  it('is written anew where the stream had a hole', () => {
    const text = new TerminalText();
    text.event(run(1, 'count'));
    text.delta({ kind: 'output', text: 'two', cause: 1 });
    const step = text.event(ran(2, 1, 'one two'));
    expect(step).toEqual({ rewrite: text.whole });
    expect(bare(text.whole)).toBe('agent $ count\none two\n');
  });

  it('puts what is older to its place', () => {
    const text = new TerminalText();
    text.event(run(5, 'later'));
    expect(text.event(run(1, 'sooner'))).toHaveProperty('rewrite');
    text.event(ran(2, 1, 'x'));
    expect(bare(text.whole)).toBe('agent $ sooner\nx\nagent $ later\n');
  });

  it('has nothing of what is hidden, waits for consent, was refused, or is known', () => {
    const text = new TerminalText();
    const states = ['awaiting_confirmation', 'rejected'] as const;
    for (const confirmation_state of states)
      expect(text.event(run(1, 'x', { confirmation_state }))).toBeNull();
    expect(text.event(run(1, 'x', { hidden: true }))).toBeNull();
    expect(text.delta({ kind: 'output', text: 'x', cause: 1 })).toBeNull();
    expect(text.delta({ kind: 'message', text: 'x' })).toBeNull();
    expect(text.event(ran(2, 1, 'x'))).toBeNull();
    text.event(run(3, 'y'));
    expect(text.event(run(3, 'y'))).toBeNull();
    text.event(ran(4, 3, 'z'));
    expect(text.event(ran(4, 3, 'z'))).toBeNull();
    expect(bare(text.whole)).toBe('agent $ y\nz\n');
  });

  it('shows commands of several lines, and no colour of a command runs on', () => {
    const text = new TerminalText();
    text.event(run(1, 'one\ntwo'));
    text.event(ran(2, 1, '\u001b[31mred'));
    expect(bare(text.whole)).toBe('agent $ one\n> two\nred\n');
    expect(text.whole).toContain('red\u001b[0m\n');
  });

  it('keeps the newest commands, and the end of what is long', () => {
    const text = new TerminalText();
    for (let id = 0; id < 1_200; id += 2) {
      text.event(run(id, `command ${id}`));
      text.event(ran(id + 1, id, 'x'));
    }
    expect(text.whole).not.toContain('command 0\n');
    expect(text.whole).toContain('command 1198\n');
    text.event(run(2_000, 'long'));
    text.event(ran(2_001, 2_000, `begin${'x'.repeat(300_000)}end`));
    expect(text.whole).not.toContain('begin');
    expect(text.whole).toContain('xend');
  });
});
