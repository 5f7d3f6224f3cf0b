/**
 * What an agent's step throws, and what becomes of it: an error that a person understands, and a state. Agents
 * throw `StepError` for failures they know; anything else is unexpected and is logged.
 */
export interface StepFailure {
  readonly message: string;
  readonly errorId: string;
  readonly state: 'error' | 'rate_limited';
  /** A `STATUS$…` id that viewers are told. */
  readonly status: string | null;
  readonly unexpected: boolean;
}

export interface StepErrorOptions {
  readonly errorId?: string;
  readonly state?: 'error' | 'rate_limited';
  readonly status?: string;
  readonly cause?: unknown;
}

/** A step that failed for a reason that a person can act on. */
export class StepError extends Error {
  override readonly name = 'StepError';
  readonly errorId: string;
  readonly state: 'error' | 'rate_limited';
  readonly status: string | null;

  constructor(message: string, options: StepErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.errorId = options.errorId ?? 'AGENT_ERROR$STEP';
    this.state = options.state ?? 'error';
    this.status = options.status ?? null;
  }
}

export function stepFailure(error: unknown): StepFailure {
  if (error instanceof StepError) {
    const { message, errorId, state, status } = error;
    return { message, errorId, state, status, unexpected: false };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    message: `The agent failed: ${message}`,
    errorId: 'AGENT_ERROR$STEP',
    state: 'error',
    status: null,
    unexpected: true,
  };
}
