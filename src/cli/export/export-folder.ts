/**
 * Writes conversations in the layout of OpenHands (`openhands/state-folder.ts`), which `convene import` reads. Files of
 * an earlier export are replaced, so that an export that was interrupted can be repeated.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { renderMetadata } from '../openhands/metadata.ts';
import {
  allConversations,
  type ConversationSource,
  type ListedConversation,
} from '../source/conversation-source.ts';

/** Files that are written at a time. */
const AT_ONCE = 32;

export interface ExportSummary {
  readonly folder: string;
  readonly conversations: number;
  readonly events: number;
}

export interface ExportOptions {
  /** Default: all. */
  readonly sids?: readonly string[];
  readonly onProgress?: (done: { readonly conversations: number; readonly events: number }) => void;
}

/** Throws what the source throws, and what writing files throws. */
export async function exportFolder(
  source: ConversationSource,
  folder: string,
  { sids, onProgress }: ExportOptions = {},
): Promise<ExportSummary> {
  let conversations = 0;
  let events = 0;
  await mkdir(path.join(folder, 'sessions'), { recursive: true });
  for await (const conversation of sids === undefined ? allConversations(source) : named(source, sids)) {
    const before = events;
    events += await exportOne(source, folder, conversation, (count) => {
      onProgress?.({ conversations, events: before + count });
    });
    conversations += 1;
    onProgress?.({ conversations, events });
  }
  return { folder, conversations, events };
}

async function* named(
  source: ConversationSource,
  sids: readonly string[],
): AsyncGenerator<ListedConversation> {
  for (const sid of sids) yield await source.conversation(sid);
}

async function exportOne(
  source: ConversationSource,
  folder: string,
  conversation: ListedConversation,
  onEvents: (count: number) => void,
): Promise<number> {
  const { conversation_id: sid } = conversation;
  const place = path.join(folder, 'sessions', sid);
  const eventFolder = path.join(place, 'events');
  await mkdir(eventFolder, { recursive: true });
  const metadata = renderMetadata({
    sid,
    title: conversation.title,
    selectedRepository: conversation.selected_repository,
    selectedBranch: conversation.selected_branch,
    userId: conversation.user_id,
    createdAt: conversation.created_at,
    updatedAt: conversation.last_updated_at,
  });
  await writeFile(path.join(place, 'metadata.json'), metadata);
  let count = 0;
  let writing: Promise<void>[] = [];
  for await (const event of source.events(sid)) {
    writing.push(writeFile(path.join(eventFolder, `${event.id}.json`), JSON.stringify(event)));
    count += 1;
    if (writing.length < AT_ONCE) continue;
    await Promise.all(writing);
    writing = [];
    onEvents(count);
  }
  await Promise.all(writing);
  return count;
}
