import type { StoredEvent } from 'convene/client';
import { textField, textsField } from '../event-fields.ts';
import { Markdown } from '../Markdown.tsx';
import { Images } from './Images.tsx';
import './message-row.css';

/** What a person or the agent said. */
export function MessageRow({ event }: { readonly event: StoredEvent }) {
  const content = textField(event, 'content');
  const images = textsField(event, 'image_urls');
  return event.source === 'user' ? (
    <UserMessage content={content} images={images} />
  ) : (
    <AgentMessage content={content} images={images} />
  );
}

interface SaidProps {
  readonly content: string;
  readonly images?: readonly string[];
}

export function UserMessage({ content, images = [] }: SaidProps) {
  return (
    <div className="message message-user">
      <span className="visually-hidden">User:</span>
      <Markdown text={content} />
      <Images urls={images} />
    </div>
  );
}

export function AgentMessage({ content, images = [] }: SaidProps) {
  return (
    <div className="message message-agent">
      <span className="visually-hidden">Agent:</span>
      <Markdown text={content} />
      <Images urls={images} />
    </div>
  );
}
