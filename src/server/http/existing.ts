/** The conversation that a route under `C` speaks of. */
import type { IncomingMessage } from 'node:http';
import { ConveneError } from '../../errors.ts';
import type { Conversation } from '../../manager/conversation.ts';
import type { ConversationManager } from '../../manager/conversation-manager.ts';
import type { ConversationRecord } from '../../store/event-store.ts';
import { isSid } from '../sid.ts';
import { userOf } from '../user.ts';

/** Throws `conversation_not_found`, also for another user's. */
export async function existing(
  manager: ConversationManager,
  sid: string,
  request: IncomingMessage,
): Promise<ConversationRecord> {
  const record = isSid(sid) ? await manager.getConversation(sid, userOf(request)) : null;
  if (record === null) throw new ConveneError('conversation_not_found');
  return record;
}

/** A handle on it, to be given back. Throws the same. */
export async function attached(
  manager: ConversationManager,
  sid: string,
  request: IncomingMessage,
): Promise<Conversation> {
  const conversation = isSid(sid) ? await manager.attachToConversation(sid, userOf(request)) : null;
  if (conversation === null) throw new ConveneError('conversation_not_found');
  return conversation;
}
