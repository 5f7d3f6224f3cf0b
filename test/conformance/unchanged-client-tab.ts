/**
 * A tab of an unchanged web client of OpenHands 0.27: what it asks for, and what it does by itself, in its order.
 *
 *   a conversation is opened ─▶ its info ─▶ a socket without a cursor
 *   the state has changed    ─▶ the list of files, the open file again; the first time, the editor's address, too
 *   the transport broke      ─▶ a new socket with the id of the last event; what was typed meanwhile goes out then
 *   another one is opened    ─▶ the old socket stays
 */
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { type Answer, Api } from '../standalone/harness/api.ts';
import { RawClient } from '../standalone/harness/raw-client.ts';
import { pause, until } from '../standalone/harness/until.ts';
import { isState, type WireEvent } from '../standalone/harness/wire.ts';
import type { Site } from './unchanged-client-site.ts';

const RECONNECT_MS = 50;

/** One conversation of a tab. */
export class Opened implements Disposable {
  readonly sid: string;
  /** All that came, over all sockets. */
  readonly events: WireEvent[] = [];
  readonly frames: unknown[] = [];
  /** What was asked beside the socket, by its path without the conversation's. */
  readonly asked: { readonly path: string; readonly answer: Answer }[] = [];
  /** The file that is shown beside the conversation. */
  openFile: string | null = null;
  /** How many sockets there were. */
  sockets = 0;
  readonly #site: Site;
  readonly #typed: unknown[] = [];
  readonly #asking = new Set<Promise<void>>();
  readonly #failures: unknown[] = [];
  #socket: RawClient;
  #left = false;

  constructor(site: Site, sid: string) {
    this.#site = site;
    this.sid = sid;
    this.#socket = this.#connect();
  }

  get ids(): number[] {
    return this.events.map(({ id }) => id);
  }

  get state(): unknown {
    return this.events.findLast((event) => isState(event))?.extras?.['agent_state'];
  }

  get isConnected(): boolean {
    return this.#socket.connected && this.#socket.socket.readyState === WebSocket.OPEN;
  }

  /** Where its present socket goes. */
  get url(): string {
    return this.#socket.url;
  }

  say(content: string): void {
    const args = { content, image_urls: [], timestamp: new Date().toISOString() };
    this.#emit({ action: 'message', args });
  }

  change(agent_state: string): void {
    this.#emit({ action: 'change_agent_state', args: { agent_state } });
  }

  /** In its terminal. */
  type(command: string): void {
    this.#emit({ action: 'run', args: { command, hidden: false } });
  }

  async event(what: string, isIt: (event: WireEvent) => boolean, timeoutMs = 15_000): Promise<WireEvent> {
    const seen = (): WireEvent | undefined => this.events.find(isIt);
    return until(what, seen, { timeoutMs }).catch((error: unknown) => {
      const last = this.events.slice(-4).map((event) => `${event.id} ${event.message}`);
      throw new Error(`${error}; last came ${JSON.stringify(last)}`);
    });
  }

  /** The transport breaks, as when a laptop sleeps. */
  breakTransport(): void {
    this.#socket.socket.terminate();
  }

  /** Resolves when all that it asked by itself was answered; throws where that failed. */
  async quiet(): Promise<void> {
    while (this.#asking.size > 0) await Promise.all(this.#asking);
    expect(this.#failures).toEqual([]);
    for (const { answer, path } of this.asked) expect([path, answer.status]).toEqual([path, 200]);
  }

  [Symbol.dispose](): void {
    this.#left = true;
    this.#socket[Symbol.dispose]();
  }

  #emit(frame: unknown): void {
    if (this.isConnected) this.#socket.emit('oh_user_action', frame);
    else this.#typed.push(frame);
  }

  #connect(): RawClient {
    const { url } = this.#site;
    const latest = String(this.events.at(-1)?.id);
    const query = { conversation_id: this.sid, latest_event_id: latest };
    const socket = new RawClient({
      url,
      query,
      headers: { origin: url },
      onEvent: (event) => this.#take(event),
      onFrame: (frame) => this.frames.push(frame),
      onConnect: () => {
        for (const frame of this.#typed.splice(0)) socket.emit('oh_user_action', frame);
      },
    });
    this.sockets += 1;
    socket.socket.on('close', () => {
      if (!this.#left && socket.refusal === null) this.#background(this.#reconnect());
    });
    return socket;
  }

  async #reconnect(): Promise<void> {
    await pause(RECONNECT_MS);
    if (!this.#left) this.#socket = this.#connect();
  }

  #take(event: WireEvent): void {
    this.events.push(event);
    if (!isState(event)) return;
    const isFirst = this.events.filter((one) => isState(one)).length === 1;
    const paths = ['list-files'];
    if (isFirst) paths.push('vscode-url');
    if (this.openFile !== null) paths.push(`select-file?file=${encodeURIComponent(this.openFile)}`);
    for (const path of paths) this.#background(this.#ask(path));
  }

  async #ask(path: string): Promise<void> {
    const answer = await this.#site.api.get(`/api/conversations/${this.sid}/${path}`);
    this.asked.push({ path, answer });
  }

  #background(work: Promise<void>): void {
    const noted = work
      .catch((error: unknown) => void (this.#left || this.#failures.push(error)))
      .finally(() => this.#asking.delete(noted));
    this.#asking.add(noted);
  }
}

export class Tab {
  /** What created its newest conversation, and so began to work on it. */
  createdAt = '';
  readonly #site: Site;

  constructor(site: Site) {
    this.#site = site;
  }

  /** As a browser opens an address: the page, what it names, the texts of its language. Answers with their addresses. */
  async load(address: string): Promise<string[]> {
    const html = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };
    const page = await fetch(this.#site.url + address, html);
    expect([address, page.status, page.headers.get('content-type')]).toEqual([
      address,
      200,
      expect.stringContaining('text/html'),
    ]);
    const text = await page.text();
    const named = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file = '']) => file);
    const files = [...named, '/site.webmanifest', '/locales/en/translation.json'];
    for (const file of files)
      expect([file, (await fetch(this.#site.url + file)).status]).toEqual([file, 200]);
    return files;
  }

  /** What every page of it asks at first. */
  async boot(): Promise<{ readonly config: unknown; readonly settings: Answer }> {
    const [config, settings] = await Promise.all([
      this.#site.api.get('/api/options/config'),
      this.#site.api.get('/api/settings'),
    ]);
    return { config: config.body, settings };
  }

  /** What its start page sends when somebody types something there. */
  async create(initial_user_msg: string): Promise<string> {
    this.createdAt = this.#site.url;
    return new Api(this.createdAt).create({ initial_user_msg, image_urls: [] });
  }

  /** Goes to a conversation's page. Null sends it home. */
  async open(sid: string): Promise<Opened | null> {
    const { body } = await this.#site.api.get(`/api/conversations/${sid}`);
    if (body === null) return null;
    expect(body).toMatchObject({
      conversation_id: sid,
      status: expect.stringMatching(/^(RUNNING|STOPPED)$/),
    });
    return this.#site.use(new Opened(this.#site, sid));
  }
}
