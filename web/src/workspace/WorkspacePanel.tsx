import { useState } from 'react';
import { FilesPane } from './FilesPane.tsx';
import { type ConversationLive, useOwnLive } from './live.ts';
import { PaneTabs } from './PaneTabs.tsx';
import { TerminalPane } from './TerminalPane.tsx';
import './workspace-panel.css';

interface WorkspacePanelProps {
  readonly conversationId: string;
  /** That of the page; null while it has none. @default a connection of its own */
  readonly live?: ConversationLive | null;
}

type Pane = 'files' | 'terminal';

const panes = [
  { id: 'files', label: 'Files' },
  { id: 'terminal', label: 'Terminal' },
] as const;

/** Files and terminal of one conversation. */
export function WorkspacePanel({ conversationId, live }: WorkspacePanelProps) {
  const own = useOwnLive(conversationId, live === undefined);
  const feed = live === undefined ? own : live;
  const [pane, setPane] = useState<Pane>('files');
  // A terminal that was opened stays, so that it comes back as it was left.
  const [hasTerminal, setHasTerminal] = useState(false);
  return (
    <section className="workspace" aria-label="Workspace">
      <PaneTabs
        tabs={panes}
        chosen={pane}
        label="Parts of the workspace"
        onChoose={(next) => {
          setPane(next);
          if (next === 'terminal') setHasTerminal(true);
        }}
      />
      <div
        className="workspace-pane"
        role="tabpanel"
        id="pane-files"
        aria-labelledby="tab-files"
        hidden={pane !== 'files'}
      >
        <FilesPane conversationId={conversationId} live={feed} />
      </div>
      <div
        className="workspace-pane"
        role="tabpanel"
        id="pane-terminal"
        aria-labelledby="tab-terminal"
        hidden={pane !== 'terminal'}
      >
        {hasTerminal ? <TerminalPane conversationId={conversationId} live={feed} /> : null}
      </div>
    </section>
  );
}
