import type { ConversationInfo } from 'convene/client';
import { useEffect, useRef } from 'react';
import { renameConversation } from './row-actions.ts';

interface TitleFieldProps {
  readonly info: ConversationInfo;
  readonly onDone: () => void;
}

/** Enter or leaving it keeps the new title, Escape the old one. */
export function TitleField({ info, onDone }: TitleFieldProps) {
  const field = useRef<HTMLInputElement>(null);
  const isDone = useRef(false);
  useEffect(() => field.current?.select(), []);
  const finish = (title: string): void => {
    if (isDone.current) return;
    isDone.current = true;
    onDone();
    if (title !== '' && title !== info.title) renameConversation(info, title);
  };
  return (
    <input
      ref={field}
      className="conversation-title-field"
      aria-label="Title"
      maxLength={500}
      defaultValue={info.title}
      onBlur={(event) => finish(event.target.value.trim())}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Enter') finish(event.currentTarget.value.trim());
        if (event.key === 'Escape') finish('');
      }}
    />
  );
}
