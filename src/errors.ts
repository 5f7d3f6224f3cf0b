/**
 * The one table of errors: code, HTTP status, message. The HTTP layer, the socket layer, the client and the
 * docs all read it. A message says what was wrong and what to do; `details` carries what a program needs.
 */
interface ErrorRow {
  readonly status: number;
  readonly message: string;
}

export const errorTable = {
  action_id_conflict: {
    status: 409,
    message: 'This action_id was used before with other content. Use a new action_id.',
  },
  action_unknown: { status: 400, message: 'Unknown action.' },
  already_running: { status: 409, message: 'Another server uses this data folder.' },
  conversation_not_found: { status: 404, message: 'Conversation not found.' },
  draining: { status: 503, message: 'This server is shutting down. Try again.' },
  file_not_found: { status: 404, message: 'No such file.' },
  forbidden_host: { status: 403, message: 'This host or origin is not allowed here.' },
  github_failed: { status: 502, message: 'GitHub gave no answer.' },
  github_token_missing: {
    status: 401,
    message: 'Missing GitHub token: store one in the settings.',
  },
  internal: { status: 500, message: 'Something went wrong here. The server log has the details.' },
  invalid_config: { status: 500, message: 'The configuration is not valid.' },
  invalid_request: { status: 400, message: 'The request is not valid.' },
  llm_failed: { status: 502, message: 'The language model gave no answer.' },
  method_not_allowed: { status: 405, message: 'This route does not take that method.' },
  not_connected: { status: 409, message: 'This connection has not joined a conversation.' },
  not_found: { status: 404, message: 'No such route.' },
  outcome_unknown: {
    status: 503,
    message: 'It is unknown whether this was stored. Retry with the same action_id.',
  },
  path_outside_workspace: { status: 400, message: 'The path leads out of the workspace.' },
  payload_too_large: { status: 413, message: 'The request is too large.' },
  runtime_unavailable: { status: 503, message: 'The workspace of this conversation is not available.' },
  settings_not_found: { status: 400, message: 'Settings not found' },
  store_incompatible: { status: 500, message: 'The database was written by a newer version of Convene.' },
  store_unavailable: { status: 503, message: 'The store is not available. Nothing was stored; try again.' },
  too_many_conversations: { status: 429, message: 'Too many conversations are running.' },
  too_many_requests: { status: 429, message: 'Too many requests. Slow down.' },
  unsupported_media_type: { status: 415, message: 'The body is of a kind that this route does not take.' },
  workspace_elsewhere: {
    status: 503,
    message: 'The files of this conversation are on another server, which does not answer.',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

/** A failure that a caller can meet, by its code. */
export class ConveneError extends Error {
  override readonly name = 'ConveneError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message?: string,
    options: { cause?: unknown; details?: Record<string, unknown> } = {},
  ) {
    super(message ?? errorTable[code].message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.details = options.details ?? {};
  }

  get status(): number {
    return errorTable[this.code].status;
  }
}

/** Whether `error` is the failure named `code`. */
export function isError(error: unknown, code: ErrorCode): error is ConveneError {
  return error instanceof ConveneError && error.code === code;
}
