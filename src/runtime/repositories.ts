/**
 * The port `Repositories`: puts the repository that a conversation is to work on into its workspace, as a folder.
 */
export interface RepositorySelection {
  /** `owner/name`, a URL, or a path where these are allowed. */
  readonly repository: string;
  /** A branch or a tag. Null: the repository's own choice. */
  readonly branch: string | null;
}

export interface CloneOptions {
  /** The user's token for GitHub. It is given to no other host. */
  readonly token: string | null;
  /** Abort means: end every process of it, and throw the signal's reason. */
  readonly signal: AbortSignal;
  /** How far it is, for people who watch. */
  readonly onProgress?: (line: string) => void;
}

export interface ClonedRepository {
  /** The folder in the workspace. */
  readonly folder: string;
  /** What is checked out; null where that is no branch. */
  readonly branch: string | null;
  /** It was there already, and was left as it is. */
  readonly kept: boolean;
}

export type CloneFailure =
  | 'branch missing'
  | 'folder taken'
  | 'git missing'
  | 'no access'
  | 'not found'
  | 'refused'
  | 'timed out'
  | 'unreachable'
  | 'other';

/** A repository could not be cloned. The message is for a person, and has no secret in it. */
export class CloneError extends Error {
  override readonly name = 'CloneError';
  readonly reason: CloneFailure;

  constructor(reason: CloneFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

export interface Repositories {
  /** Throws `invalid_request` for what is never cloned; `details.field` is the field of a request to create. */
  check(selection: RepositorySelection): void;
  /**
   * Clones it, unless it is there already: then it is kept as it is. One at a time for a conversation; a crash in the
   * middle leaves nothing in the workspace. Throws `CloneError`, or the signal's reason.
   */
  clone(sid: string, selection: RepositorySelection, options: CloneOptions): Promise<ClonedRepository>;
  /** Removes what a crash has left of a deleted conversation. */
  remove(sid: string): Promise<void>;
}
