import type { ConversationInfo } from 'convene/client';
import { memo, useState } from 'react';
import { Link } from 'wouter';
import { conversationPath } from '../../app/routes.ts';
import { shownConversationState } from '../../data/agent-state.ts';
import { ago } from '../../data/ago.ts';
import { classes } from '../../ui/classes.ts';
import { Menu } from '../../ui/Menu.tsx';
import { StateDot } from '../../ui/StateDot.tsx';
import { rowActions } from './row-actions.ts';
import { TitleField } from './TitleField.tsx';

interface ConversationRowProps {
  readonly info: ConversationInfo;
  readonly isOpen: boolean;
  readonly now: number;
  /** From 1. */
  readonly position: number;
  /** -1: nobody knows yet. */
  readonly total: number;
  /** In px. */
  readonly top: number;
}

export const ConversationRow = memo(function ConversationRow(props: ConversationRowProps) {
  const { info, isOpen, now, position, top, total } = props;
  const [isRenaming, setIsRenaming] = useState(false);
  const state = shownConversationState(info);
  const details = (
    <span className="conversation-details">
      <StateDot tone={state.tone} word={state.word} />
      <span aria-hidden="true">·</span>
      <time dateTime={info.updatedAt}>{ago(info.updatedAt, now)}</time>
      {info.repository === null ? null : <span className="conversation-repository">{info.repository}</span>}
    </span>
  );
  return (
    <li
      className={classes('conversation', isOpen && 'conversation-open')}
      style={{ transform: `translateY(${top}px)` }}
      aria-posinset={position}
      aria-setsize={total}
    >
      {isRenaming ? (
        <div className="conversation-link">
          <TitleField info={info} onDone={() => setIsRenaming(false)} />
          {details}
        </div>
      ) : (
        <Link
          href={conversationPath(info.id)}
          className="conversation-link"
          aria-current={isOpen ? 'page' : undefined}
        >
          <span className="conversation-title" title={info.title}>
            {info.title}
          </span>
          {details}
        </Link>
      )}
      <Menu label={`Actions for ${info.title}`} items={rowActions(info, () => setIsRenaming(true))} />
    </li>
  );
});
