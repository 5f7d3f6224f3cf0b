/** Clients: real ones of Socket.IO where a latency is measured, the thinnest that can count where many only listen. */
import { Agent, get } from 'node:http';
import { io as connect, type Socket } from 'socket.io-client';
import { randomFrom } from '../events.ts';
import { answerCalls, note } from '../line.ts';
import { timedEach } from '../measure.ts';
import { Audience } from './audience.ts';

export interface ClientsCalls {
  /** Connects a client and answers with its number. */
  open(call: { url: string; sid: string }): number;
  /** Sends messages one after the other, each acknowledged; the durations in ms. */
  acknowledged(call: { client: number; times: number; content: string }): number[];
  /** Sends messages one after the other, each answered by the agent; the durations in ms. */
  answered(call: { client: number; times: number; content: string }): number[];
  /** Sends a message and takes the streamed answer: how long each of its tokens was under way, in ms. */
  tokens(call: { client: number; content: string; count: number }): number[];
  /**
   * Sends messages one after the other, and waits until two clients have each; how long it took to each of the two, in
   * ms. `spreadMs`: before each it waits for some time up to that.
   */
  arrivals(call: Arrivals): [number[], number[]];
  close(client: number): void;
  /** Connects, and waits until it has so many events. Counted from before it connects, in ms. */
  join(call: { url: string; sid: string; events: number }): { first: number; all: number };
  /** Connects so many listeners. They tell, as notes, how many events all of them have. */
  listen(call: { url: string; sid: string; count: number; step: number }): void;
  /** Counts from now on. */
  recount(): void;
  /** Closes the listeners; throws where one of them missed an event or had one twice. */
  hush(events: number): void;
  /** Requests one after the other, on a connection that is kept; the durations in ms. */
  get(call: { url: string; times: number }): number[];
}

interface Arrivals {
  readonly from: number;
  readonly at: readonly [number, number];
  readonly times: number;
  readonly content: string;
  readonly spreadMs: number;
}

const sockets: Socket[] = [];
let messages = 0;
let audience: Audience | null = null;

function clientOf(number: number): Socket {
  const socket = sockets[number];
  if (socket === undefined) throw new Error(`There is no client ${number}.`);
  return socket;
}

function newSocket(url: string, sid: string): Socket {
  return connect(url, { transports: ['websocket'], forceNew: true, query: { conversation_id: sid } });
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
}

function action(content: string) {
  return { action: 'message', args: { content, image_urls: [] } };
}

interface Received {
  readonly id?: number;
  readonly action?: string;
  readonly source?: string;
  readonly args?: { readonly content?: string };
  readonly extras?: { readonly agent_state?: string };
}

/** Resolves when the agent has said something, and later, `rested`, when it waits for its user again. */
function answerOf(socket: Socket): { said: Promise<void>; rested: Promise<void> } {
  const said = Promise.withResolvers<void>();
  const rested = Promise.withResolvers<void>();
  const listener = (event: Received): void => {
    if (event.action === 'message' && event.source === 'agent') said.resolve();
    if (event.extras?.agent_state !== 'awaiting_user_input') return;
    socket.off('oh_event', listener);
    rested.resolve();
  };
  socket.on('oh_event', listener);
  return { said: said.promise, rested: rested.promise };
}

/** When a message with this text has come, by `performance.now()`. */
function arrivalOf(socket: Socket, text: string): Promise<number> {
  return new Promise((resolve) => {
    const listener = ({ args }: Received): void => {
      if (args?.content !== text) return;
      socket.off('oh_event', listener);
      resolve(performance.now());
    };
    socket.on('oh_event', listener);
  });
}

answerCalls<ClientsCalls>({
  async open({ sid, url }) {
    const socket = newSocket(url, sid);
    await connected(socket);
    // The events that a new client is sent do not count.
    await new Promise((resolve) => setTimeout(resolve, 200));
    return sockets.push(socket) - 1;
  },
  async acknowledged({ client, content, times }) {
    const socket = clientOf(client);
    return timedEach(times, async () => {
      const answer: { ok: boolean } = await socket.emitWithAck('oh_user_action', action(content));
      if (!answer.ok) throw new Error(`Refused: ${JSON.stringify(answer)}`);
    });
  },
  async answered({ client, content, times }) {
    const socket = clientOf(client);
    const samples: number[] = [];
    for (let time = 0; time < times; time += 1) {
      const { said, rested } = answerOf(socket);
      const start = performance.now();
      socket.emit('oh_user_action', action(content));
      await said;
      samples.push(performance.now() - start);
      await rested;
    }
    return samples;
  },
  async tokens({ client, content, count }) {
    const socket = clientOf(client);
    const samples: number[] = [];
    const all = new Promise<void>((resolve) => {
      const listener = ({ text }: { text: string }): void => {
        const now = process.hrtime.bigint();
        for (const token of text.split(' ')) {
          if (token !== '') samples.push(Number(now - BigInt(token)) / 1e6);
        }
        if (samples.length < count) return;
        socket.off('oh_delta', listener);
        resolve();
      };
      socket.on('oh_delta', listener);
    });
    socket.emit('oh_user_action', action(content));
    await all;
    return samples;
  },
  async arrivals({ at, content, from, spreadMs, times }) {
    const random = randomFrom(4);
    const samples: [number[], number[]] = [[], []];
    for (let time = 0; time < times; time += 1) {
      if (spreadMs > 0) await new Promise((resolve) => setTimeout(resolve, random() * spreadMs));
      messages += 1;
      const text = `${content} ${messages}`;
      const [one, other] = [arrivalOf(clientOf(at[0]), text), arrivalOf(clientOf(at[1]), text)];
      const start = performance.now();
      clientOf(from).emit('oh_user_action', action(text));
      samples[0].push((await one) - start);
      samples[1].push((await other) - start);
    }
    return samples;
  },
  close(client) {
    clientOf(client).disconnect();
  },
  join({ events, sid, url }) {
    const start = performance.now();
    const socket = newSocket(url, sid);
    let count = 0;
    let first = 0;
    return new Promise((resolve, reject) => {
      socket.on('connect_error', reject);
      socket.on('oh_event', () => {
        count += 1;
        if (count === 1) first = performance.now() - start;
        if (count < events) return;
        socket.disconnect();
        resolve({ first, all: performance.now() - start });
      });
    });
  },
  async listen({ count, sid, step, url }) {
    audience = await Audience.open({ url, sid, count, step, onProgress: note });
  },
  recount: () => audience?.recount(),
  async hush(events) {
    await audience?.close(events);
    audience = null;
  },
  async get({ times, url }) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const samples = await timedEach(times, () => fetched(url, agent));
    agent.destroy();
    return samples;
  },
});

function fetched(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}.`));
      response.resume().on('end', resolve).on('error', reject);
    }).on('error', reject);
  });
}
