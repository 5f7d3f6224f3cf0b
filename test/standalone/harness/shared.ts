/** What the tests of a file, or of one `describe`, share: made before the first of them, released after the last. */
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { MockLlm } from '../../../src/testing/mock-llm.ts';
import { type Api, mockLlm, serverWith } from './model.ts';
import { RawClient } from './raw-client.ts';
import { ServerProcess } from './server-process.ts';
import { TemporaryFolder } from './temporary-folder.ts';

/** Registers its hooks when it is made; what it has is there within tests. */
class SharedServer {
  #folder: TemporaryFolder | null = null;
  #server: ServerProcess | null = null;
  #owned = new DisposableStack();

  constructor(start = (folder: TemporaryFolder) => ServerProcess.start({ dataDir: folder.file('data') })) {
    beforeAll(async () => {
      this.#folder = await TemporaryFolder.make();
      this.#server = await start(this.#folder);
    });
    beforeEach(() => {
      this.#owned = new DisposableStack();
    });
    afterEach(() => this.#owned.dispose());
    afterAll(async () => {
      await this.#server?.[Symbol.asyncDispose]();
      await this.#folder?.[Symbol.asyncDispose]();
    });
  }

  get folder(): TemporaryFolder {
    return there(this.#folder);
  }

  get server(): ServerProcess {
    return there(this.#server);
  }

  /** It is disposed of after the test. */
  use<T extends Disposable>(resource: T): T {
    return this.#owned.use(resource);
  }

  /** A socket as an unchanged client opens it: with the id of the newest event that it has, or the word `undefined`. */
  connect(sid: string, latest: string | number | undefined = undefined, url = this.server.url): RawClient {
    const query = { conversation_id: sid, latest_event_id: String(latest) };
    return this.use(new RawClient({ url, query, headers: { origin: url } }));
  }
}

/** The same, with a stand-in for a language model behind it. */
export class SharedModel extends SharedServer {
  #llm: MockLlm | null = null;

  constructor(api: Api) {
    super(async (folder) => {
      this.#llm = await mockLlm();
      return serverWith(this.#llm, folder.file('data'), { api });
    });
    afterAll(() => this.#llm?.[Symbol.asyncDispose]());
  }

  get llm(): MockLlm {
    return there(this.#llm);
  }
}

/** As an unchanged client sends what is typed. */
export function say(client: RawClient, content: string, image_urls: readonly string[] = []): void {
  const args = { content, image_urls, timestamp: new Date().toISOString() };
  client.emit('oh_user_action', { action: 'message', args });
}

export function change(client: RawClient, agent_state: string): void {
  client.emit('oh_user_action', { action: 'change_agent_state', args: { agent_state } });
}

function there<T>(value: T | null): T {
  if (value === null) throw new Error('This is there only within tests.');
  return value;
}
