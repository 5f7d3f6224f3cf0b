/**
 * Where an unchanged web client of OpenHands 0.27 is served: one process, or a cluster behind a balancer that sends
 * every request and every connection to the next node.
 */
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { Api } from '../standalone/harness/api.ts';
import { RawClient } from '../standalone/harness/raw-client.ts';
import { TemporaryFolder } from '../standalone/harness/temporary-folder.ts';
import { makeClientBuild } from './unchanged-client-build.ts';

/** The processes behind a site. */
export interface SiteProcesses extends AsyncDisposable {
  /** Of those that live. */
  readonly urls: readonly string[];
  /** Everything that any of them has logged. */
  readonly log: string;
  /** Kills those with these URLs, and answers when the site is whole again; others serve meanwhile. */
  crash(urls: readonly string[]): Promise<void>;
}

export interface SiteStart {
  /** For all that is stored. */
  readonly folder: TemporaryFolder;
  /** Flags of every process. */
  readonly args: readonly string[];
}

/** Registers its hooks when it is made; what it has is there within tests. */
export class Site {
  /** Asks the next process each time. */
  readonly api = new Api(() => this.url);
  #folder: TemporaryFolder | null = null;
  #processes: SiteProcesses | null = null;
  #owned = new DisposableStack();
  #next = 0;

  /** `setUpMs`: a new machine first installs what a cluster needs. */
  constructor(start: (options: SiteStart) => Promise<SiteProcesses>, setUpMs = 60_000) {
    beforeAll(async () => {
      const folder = await TemporaryFolder.make();
      this.#folder = folder;
      await makeClientBuild(folder.file('web'));
      this.#processes = await start({ folder, args: ['--web-dir', folder.file('web')] });
    }, setUpMs);
    beforeEach(() => {
      this.#owned = new DisposableStack();
    });
    afterEach(() => this.#owned.dispose());
    afterAll(async () => {
      await this.#processes?.[Symbol.asyncDispose]();
      await this.#folder?.[Symbol.asyncDispose]();
    });
  }

  get processes(): SiteProcesses {
    return there(this.#processes);
  }

  /** Where the next request goes. */
  get url(): string {
    const { urls } = this.processes;
    return there(urls[this.#next++ % urls.length] ?? null);
  }

  /** A path in a folder that goes with the site. */
  file(name: string): string {
    return there(this.#folder).file(name);
  }

  /** It is disposed of after the test. */
  use<T extends Disposable>(resource: T): T {
    return this.#owned.use(resource);
  }

  /** A socket as that client opens it: with the id of the newest event that it has, or the word `undefined`. */
  connect(sid: string, latest: string | number | undefined = undefined): RawClient {
    const { url } = this;
    const query = { conversation_id: sid, latest_event_id: String(latest) };
    return this.use(new RawClient({ url, query, headers: { origin: url } }));
  }
}

function there<T>(value: T | null): T {
  if (value === null) throw new Error('This is there only within tests.');
  return value;
}
