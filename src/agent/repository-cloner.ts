/**
 * Puts the repository that a conversation is to work on into its workspace, before the agent's first step. What came of
 * it is in the log: a `success` observation that names the folder, or an error and the state `error`, after which a
 * message, or `running`, is another attempt.
 *
 *   idle ──▶ under way ──▶ appending ──▶ idle
 *
 * What must hold: no clone begins without the lease (the loop asks right before); a pause, a stop, a close or the end of
 * the loop aborts it; what came of it is appended only where nothing has happened since, and else it is tried again, which
 * finds what is there.
 */
import type { Clock } from '../clock.ts';
import { isError } from '../errors.ts';
import { repositoryObservation } from '../events/observations.ts';
import { type ClonedRepository, CloneError, type CloneOptions } from '../runtime/repositories.ts';
import type { EventStreams } from '../stream/event-streams.ts';
import { type Batch, failed } from './decide.ts';
import type { LoopLog } from './loop-log.ts';
import { REPOSITORY_ERROR } from './loop-state.ts';
import type { UnderWay } from './under-way.ts';
import { withAbort } from './with-abort.ts';

/** The one that a conversation was created with. */
export interface SelectedRepository {
  /** As the user named it. */
  readonly name: string;
  /** See `Repositories`. */
  clone(options: Omit<CloneOptions, 'token'>): Promise<ClonedRepository>;
}

export interface RepositoryClonerOptions {
  readonly sid: string;
  readonly repository?: SelectedRepository;
  readonly log: LoopLog;
  readonly streams: EventStreams;
  readonly clock: Clock;
  readonly underWay: UnderWay;
  readonly hasEnded: () => boolean;
  readonly onError: (error: unknown, what: string) => void;
}

/** Statuses that viewers are told meanwhile. */
const PREPARING = 'STATUS$PREPARING_CONTAINER';
const PREPARED = 'STATUS$CONTAINER_STARTED';
const FAILED = 'STATUS$ERROR_REPOSITORY';

export class RepositoryCloner {
  readonly #options: RepositoryClonerOptions;

  constructor(options: RepositoryClonerOptions) {
    this.#options = options;
  }

  /** One attempt. */
  async clone(): Promise<void> {
    const { clock, hasEnded, log, repository, underWay } = this.#options;
    if (repository === undefined) throw new Error('there is no repository to clone');
    const { name } = repository;
    const controller = underWay.begin();
    const { signal } = controller;
    this.#show('info', PREPARING, `Cloning ${name}`);
    const onProgress = (line: string): void => {
      if (underWay.is(controller)) this.#show('info', PREPARING, `Cloning ${name}: ${line}`);
    };
    let cloned: ClonedRepository;
    try {
      cloned = await withAbort(repository.clone({ signal, onProgress }), signal, clock);
    } catch (error) {
      if (!signal.aborted && !hasEnded()) await this.#fail(error, name);
      return;
    } finally {
      underWay.finish(controller);
    }
    // One that was aborted when it was done is found there by the next attempt.
    if (signal.aborted || hasEnded()) return;
    this.#show('info', PREPARED, `Cloned ${name}`);
    await log.append(success(name, cloned));
  }

  async #fail(error: unknown, name: string): Promise<void> {
    const { log, onError, sid } = this.#options;
    const isKnown =
      error instanceof CloneError ||
      isError(error, 'runtime_unavailable') ||
      isError(error, 'invalid_request');
    if (!isKnown) onError(error, `clone of ${sid}`);
    const why = isKnown ? error.message : 'something went wrong here. The server log has the details.';
    const whole = why.includes(name) ? why : `Could not clone ${name}: ${why}`;
    const message = `${whole} Send a message to try again.`;
    if ((await log.append(failed(message, REPOSITORY_ERROR))) === 'appended')
      this.#show('error', FAILED, message);
  }

  #show(level: 'info' | 'error', id: string, message: string): void {
    this.#options.streams.publishFrame(this.#options.sid, { type: 'status', level, id, message });
  }
}

function success(name: string, { branch, folder, kept }: ClonedRepository): Batch {
  const at = branch === null ? '' : ` (branch ${branch})`;
  const content = kept
    ? `${name}${at} is in the folder ${folder} of the workspace.`
    : `Cloned ${name}${at} into the folder ${folder} of the workspace.`;
  return { events: [{ ...repositoryObservation(content, { name, branch, folder }), source: 'agent' }] };
}
