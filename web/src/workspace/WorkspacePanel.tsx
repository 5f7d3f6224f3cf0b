import { useState } from 'react';
import { FilesPane } from './FilesPane.tsx';
import type { ConversationLive } from './live.ts';
import type { Pane } from './panes.ts';
import { TerminalPane } from './TerminalPane.tsx';
import './workspace-panel.css';

interface WorkspacePanelProps {
  readonly conversationId: string;
  readonly live: ConversationLive;
  /** Which part is shown. */
  readonly pane: Pane;
}

/** Files and terminal of one conversation: panels for tabs named `tab-files` and `tab-terminal`. */
export function WorkspacePanel({ conversationId, live, pane }: WorkspacePanelProps) {
  // A terminal that was opened stays, so that it comes back as it was left.
  const [hasTerminal, setHasTerminal] = useState(false);
  if (pane === 'terminal' && !hasTerminal) setHasTerminal(true);
  return (
    <section className="workspace" aria-label="Workspace">
      <div
        className="workspace-pane"
        role="tabpanel"
        id="pane-files"
        aria-labelledby="tab-files"
        hidden={pane !== 'files'}
      >
        <FilesPane conversationId={conversationId} live={live} />
      </div>
      <div
        className="workspace-pane"
        role="tabpanel"
        id="pane-terminal"
        aria-labelledby="tab-terminal"
        hidden={pane !== 'terminal'}
      >
        {hasTerminal ? <TerminalPane conversationId={conversationId} live={live} /> : null}
      </div>
    </section>
  );
}
