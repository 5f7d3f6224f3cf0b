/** Why a client may not connect: a `connect_error`, after which it does not try again by itself. */
export class Refusal extends Error {
  /** Socket.IO sends it along. */
  readonly data: { readonly msg_id?: string } | undefined;

  constructor(message: string, msgId?: string) {
    super(message);
    this.data = msgId === undefined ? undefined : { msg_id: msgId };
  }
}

export const refusals = {
  noConversation: () => new Refusal('No conversation_id in query params'),
  /** Also for another user's: what one may not see does not exist. */
  unknownConversation: () => new Refusal('Conversation not found.'),
  noSettings: () => new Refusal('Settings not found', SETTINGS_NOT_FOUND),
  secondConnect: () => new Refusal('This connection has joined already.'),
} as const;

export const SETTINGS_NOT_FOUND = 'CONFIGURATION$SETTINGS_NOT_FOUND';
