/**
 * `convene/client`: a typed client for browsers and Node.
 *
 * @example
 * ```ts
 * const client = new ConveneClient({ url: 'http://127.0.0.1:3000' });
 * const conversation = await client.join(await client.create({ message: '$ ls' }));
 * for await (const event of conversation) {
 *   console.log(event.id, event.source, event.message);
 *   if (isAgentState(event, 'awaiting_user_input')) break;
 * }
 * await conversation.say('$ echo once more');
 * conversation.leave();
 * ```
 */

export type { Action, ActionKind, ActionOf } from '../events/actions.ts';
export type { AgentState } from '../events/agent-state.ts';
export { isAction, isObservation, kindOf, type Source, type StoredEvent } from '../events/event.ts';
export { isKnownAction, isKnownObservation } from '../events/kinds.ts';
export type { Observation, ObservationKind, ObservationOf } from '../events/observations.ts';
export type { MaskedSettings, PostedSettings } from '../store/settings.ts';
export { actionId } from './action-id.ts';

export {
  type ClientOptions,
  ConveneClient,
  type ConversationInfo,
  type ConversationPage,
  type CreateConversation,
  type EventPage,
  type ForkOptions,
  type ListOptions,
  type Recording,
} from './client.ts';
export { ClientError, type ClientErrorCode, isClientError, type LocalErrorCode } from './client-error.ts';
export type { EventFilter, EventPageQuery, SearchQuery } from './event-queries.ts';
export type { ConversationFiles, UploadedFile, UploadReport } from './files.ts';
export { type Delta, isAgentState, type Presence, type Status } from './frames.ts';
export type { RequestOptions } from './http.ts';
export type {
  ConversationTold,
  JoinedConversation,
  JoinOptions,
  SendAction,
  SendOptions,
} from './joined-conversation.ts';
export type { ConnectionState } from './link.ts';
export type { Choices, ClusterView, NodeView, ServerDefaults, TakeoverView } from './server-views.ts';
