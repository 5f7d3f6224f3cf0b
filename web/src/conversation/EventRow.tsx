import { isAction, isKnownAction, isKnownObservation, kindOf, type StoredEvent } from 'convene/client';
import { memo } from 'react';
import { shownAgentState } from '../data/agent-state.ts';
import { classes } from '../ui/classes.ts';
import { type ActionCardProps, CommandCard } from './cards/CommandCard.tsx';
import { EditCard } from './cards/EditCard.tsx';
import { ErrorRow } from './cards/ErrorRow.tsx';
import { FileCard } from './cards/FileCard.tsx';
import { AgentMessage, MessageRow } from './cards/MessageRow.tsx';
import { NoticeRow } from './cards/NoticeRow.tsx';
import { ThoughtRow } from './cards/ThoughtRow.tsx';
import { ToolCard } from './cards/ToolCard.tsx';
import { contentOf, textField } from './event-fields.ts';
import { Markdown } from './Markdown.tsx';
import { RowTools } from './RowTools.tsx';

interface EventRowProps extends ActionCardProps {
  /** Whether the address of the page names it. */
  readonly isTarget: boolean;
}

/** One row of the timeline. */
export const EventRow = memo(function EventRow({ isTarget, ...props }: EventRowProps) {
  const { event } = props;
  return (
    <article
      className={classes('row', isTarget && 'row-target')}
      data-id={event.id}
      aria-label={labelOf(event)}
    >
      <div className="row-content">
        <Content {...props} />
      </div>
      <RowTools event={event} />
    </article>
  );
});

function Content(props: ActionCardProps) {
  const { event } = props;
  if (isKnownAction(event)) return <ActionContent {...props} />;
  if (!isKnownObservation(event)) return <ToolCard {...props} />;
  switch (event.observation) {
    case 'error':
      return <ErrorRow event={event} />;
    case 'agent_state_changed':
      return (
        <NoticeRow>
          {shownAgentState(event.extras.agent_state).word}
          {event.extras.reason === undefined ? null : `: ${event.extras.reason}`}
        </NoticeRow>
      );
    case 'success':
    case 'user_rejected':
      return <NoticeRow>{contentOf(event)}</NoticeRow>;
    default:
      return <ToolCard {...props} />;
  }
}

function ActionContent(props: ActionCardProps) {
  const { event } = props;
  const thought = textField(event, 'thought');
  switch (kindOf(event)) {
    case 'message':
      return <MessageRow event={event} />;
    case 'think':
      return <ThoughtRow text={thought} />;
    case 'finish':
      return (
        <>
          <AgentMessage content={textField(event, 'final_thought') || thought || event.message} />
          <NoticeRow>Finished</NoticeRow>
        </>
      );
    case 'condensation':
    case 'recall':
      return <NoticeRow>{event.message.split('\n', 1)[0]}</NoticeRow>;
    default:
      return (
        <>
          {thought === '' ? null : (
            <div className="row-thought">
              <Markdown text={thought} />
            </div>
          )}
          <ActionCard {...props} />
        </>
      );
  }
}

function ActionCard(props: ActionCardProps) {
  switch (kindOf(props.event)) {
    case 'run':
    case 'run_ipython':
      return <CommandCard {...props} />;
    case 'edit':
      return <EditCard {...props} />;
    case 'read':
    case 'write':
      return <FileCard {...props} />;
    default:
      return <ToolCard {...props} />;
  }
}

function labelOf(event: StoredEvent): string {
  const who = event.source === 'user' ? 'User' : 'Agent';
  return `${who}, ${isAction(event) ? event.action : event.observation}, event ${event.id}`;
}
