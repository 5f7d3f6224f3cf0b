/** The terminal: what the agent and people have run and what came of it, and a line for a command of one's own. */
import { type KeyboardEvent, lazy, Suspense, useEffect, useState } from 'react';
import { Button } from '../ui/Button.tsx';
import { type CommandHistory, moved, noHistory, withCommand } from './command-history.ts';
import type { ConversationLive } from './live.ts';
import { TerminalFeed } from './terminal-feed.ts';
import { wordsOf } from './words.ts';
import './terminal-pane.css';

const Screen = lazy(async () => {
  const { Screen: screen } = await import('./Screen.tsx');
  return { default: screen };
});

interface TerminalPaneProps {
  readonly conversationId: string;
  readonly live: ConversationLive;
}

export function TerminalPane({ conversationId, live }: TerminalPaneProps) {
  const [feed] = useState(() => new TerminalFeed());
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    feed.follow(conversationId, live, leaving.signal).catch((error: unknown) => {
      if (!leaving.signal.aborted) setFailure(`Earlier commands can’t be shown: ${wordsOf(error)}`);
    });
    return () => leaving.abort();
  }, [conversationId, feed, live]);
  return (
    <div className="terminal">
      <Suspense fallback={<div className="terminal-screen" />}>
        <Screen follow={feed.subscribe} />
      </Suspense>
      {failure === null ? null : (
        <p className="terminal-failure" role="alert">
          {failure}
        </p>
      )}
      <CommandLine live={live} onFailure={setFailure} />
    </div>
  );
}

interface CommandLineProps {
  readonly live: ConversationLive;
  readonly onFailure: (message: string | null) => void;
}

function CommandLine({ live, onFailure }: CommandLineProps) {
  const [text, setText] = useState('');
  const [history, setHistory] = useState<CommandHistory>(noHistory);

  const run = async (command: string): Promise<void> => {
    if (command.trim() === '') return;
    setHistory((before) => withCommand(before, command));
    setText('');
    onFailure(null);
    try {
      await live.run(command);
    } catch (error) {
      setText((typed) => (typed === '' ? command : typed));
      onFailure(`Not run: ${wordsOf(error)}`);
    }
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      void run(text);
      return;
    }
    const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : null;
    if (by === null || text.includes('\n')) return;
    const step = moved(history, by, text);
    if (step === null) return;
    event.preventDefault();
    setHistory(step.history);
    setText(step.text);
  };
  return (
    <form
      className="command-line"
      onSubmit={(event) => {
        event.preventDefault();
        void run(text);
      }}
    >
      <span className="command-line-prompt" aria-hidden="true">
        $
      </span>
      <textarea
        className="command-line-input"
        aria-label="A command of your own"
        placeholder="Run a command in the workspace"
        rows={text.split('\n').length}
        value={text}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        autoCorrect="off"
        enterKeyHint="go"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <Button type="submit" look="quiet" disabled={text.trim() === ''}>
        Run
      </Button>
    </form>
  );
}
