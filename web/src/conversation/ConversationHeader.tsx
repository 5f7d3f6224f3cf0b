import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { openConversation } from '../app/navigate.ts';
import { shownAgentState } from '../data/agent-state.ts';
import { client } from '../data/client.ts';
import { reloadNewest } from '../data/conversations.ts';
import { exportConversation } from '../data/transfer.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Menu } from '../ui/Menu.tsx';
import { PageHeader } from '../ui/PageHeader.tsx';
import { StateDot } from '../ui/StateDot.tsx';
import { showError } from '../ui/toasts.ts';
import { needOf } from './agent-status.ts';
import type { SessionView } from './conversation-session.ts';
import { Presence } from './Presence.tsx';
import { type Steer, SteeringButtons } from './SteeringBar.tsx';

interface ConversationHeaderProps {
  readonly id: string;
  readonly view: SessionView;
  readonly steer: Steer;
  readonly isBusy: boolean;
  readonly onNextNeed: () => void;
  readonly onTravel: () => void;
  readonly isWorkspaceShown: boolean;
  readonly onWorkspace: () => void;
}

/** Which conversation it is, what its agent does, and what can be done about it. */
export function ConversationHeader(props: ConversationHeaderProps) {
  const { id, isBusy, isWorkspaceShown, onNextNeed, onTravel, onWorkspace, steer, view } = props;
  const { state, since } = view.status;
  const title = useTitle(id, since);
  const isKnown = since !== -1;
  return (
    <PageHeader title={title}>
      {isKnown ? <StateDot {...shownAgentState(state)} /> : null}
      <Presence watchers={view.watchers} />
      <span className="conversation-steering">
        <SteeringButtons state={state} steer={steer} isBusy={isBusy} />
      </span>
      {isKnown && needOf(state) !== null ? (
        <Button
          look="quiet"
          className="conversation-next"
          onClick={onNextNeed}
          title="Next that needs you (J)"
        >
          Next for you
        </Button>
      ) : null}
      <IconButton
        icon="folder"
        className="conversation-workspace-toggle"
        label={isWorkspaceShown ? 'Hide the workspace' : 'Show the workspace'}
        aria-pressed={isWorkspaceShown}
        onClick={onWorkspace}
      />
      <Menu
        label="More"
        items={[
          { label: 'Show as it was', onSelect: onTravel },
          { label: 'Next that needs you', onSelect: onNextNeed },
          { label: 'Fork', icon: 'fork', onSelect: () => void fork(id) },
          { label: 'Export', icon: 'download', onSelect: () => void save(id, title) },
        ]}
      />
    </PageHeader>
  );
}

/** Follows the title, which may come from the model. */
function useTitle(id: string, since: number): string {
  const queries = useQueryClient();
  const { data } = useQuery({
    queryKey: ['conversation', id],
    queryFn: ({ signal }) => client.get(id, { signal }),
    refetchInterval: 15_000,
  });
  useEffect(() => {
    if (since >= 0) void queries.invalidateQueries({ queryKey: ['conversation', id] });
  }, [id, queries, since]);
  return data?.title ?? '';
}

async function fork(id: string): Promise<void> {
  try {
    const copy = await client.fork(id);
    reloadNewest();
    openConversation(copy);
  } catch (error) {
    showError('Could not fork', error);
  }
}

async function save(id: string, title: string): Promise<void> {
  try {
    await exportConversation(id, title);
  } catch (error) {
    showError('Could not export', error);
  }
}
