import { useState } from 'react';
import { FilesPane } from './FilesPane.tsx';
import { type ConversationLive, useOwnLive } from './live.ts';
import { PaneTabs } from './PaneTabs.tsx';
import { TerminalPane } from './TerminalPane.tsx';
import './workspace-panel.css';

export const panes = [
  { id: 'files', label: 'Files' },
  { id: 'terminal', label: 'Terminal' },
] as const;

export type Pane = (typeof panes)[number]['id'];

interface WorkspacePanelProps {
  readonly conversationId: string;
  /** That of the page; null while it has none. @default a connection of its own */
  readonly live?: ConversationLive | null;
  /** Which part is shown, where the page has the tabs for them. @default the panel has tabs of its own */
  readonly pane?: Pane;
}

/** Files and terminal of one conversation. */
export function WorkspacePanel({ conversationId, live, pane: given }: WorkspacePanelProps) {
  const own = useOwnLive(conversationId, live === undefined);
  const feed = live === undefined ? own : live;
  const [chosen, setChosen] = useState<Pane>('files');
  const pane = given ?? chosen;
  // A terminal that was opened stays, so that it comes back as it was left.
  const [hasTerminal, setHasTerminal] = useState(false);
  if (pane === 'terminal' && !hasTerminal) setHasTerminal(true);
  return (
    <section className="workspace" aria-label="Workspace">
      {given === undefined ? (
        <PaneTabs tabs={panes} chosen={pane} label="Parts of the workspace" onChoose={setChosen} />
      ) : null}
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
