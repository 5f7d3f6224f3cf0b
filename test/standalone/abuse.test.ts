/** Clients that mean harm, or know no better: each gets a clear answer, and nobody else notices. */
import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RecordingClient } from './harness/client.ts';
import { residentBytes } from './harness/processes.ts';
import { RawClient } from './harness/raw-client.ts';
import { ServerProcess } from './harness/server-process.ts';
import { TemporaryFolder } from './harness/temporary-folder.ts';
import { median, pause, quantile } from './harness/until.ts';
import { isState, message } from './harness/wire.ts';

const MB = 1024 * 1024;
/**
 * How many messages a client sends without an answer. With all of them at once, a slow disk takes longer for them than
 * a transport may be silent: the answer to the ping waits behind them.
 */
const WINDOW = 5_000;

let folder: TemporaryFolder;
let server: ServerProcess;
let bystander: Bystander;
let owned: DisposableStack;
beforeAll(async () => {
  folder = await TemporaryFolder.make();
  server = await ServerProcess.start({ dataDir: folder.file('data') });
  bystander = await Bystander.come();
});
afterAll(async () => {
  bystander[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});
beforeEach(() => {
  owned = new DisposableStack();
});
afterEach(() => {
  owned.dispose();
  expect(server.errors).toEqual([]);
});

/** Somebody else, in another conversation, who sends a message now and then and counts how long the answer takes. */
class Bystander implements Disposable {
  readonly #client: RecordingClient;
  #watching: Promise<number[]> | null = null;
  #over = false;

  private constructor(client: RecordingClient) {
    this.#client = client;
  }

  static async come(): Promise<Bystander> {
    const client = new RecordingClient({ sid: await server.api.create(), keepFrames: false });
    return new Bystander(await client.joined(server.url));
  }

  /** The latencies of its messages while `what` goes on. */
  async during(what: () => Promise<void>): Promise<number[]> {
    this.#over = false;
    this.#watching = this.#watch();
    try {
      await what();
    } finally {
      this.#over = true;
    }
    return this.#watching;
  }

  async #watch(): Promise<number[]> {
    const latencies: number[] = [];
    do {
      const began = performance.now();
      await this.#client.sent(message('still fine?'));
      latencies.push(performance.now() - began);
      await pause(20);
    } while (!this.#over);
    return latencies;
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }
}

function raw(query: Record<string, string>): RawClient {
  return owned.use(new RawClient({ url: server.url, query }));
}

describe('a client that joins', () => {
  let sid: string;
  let head: number;
  beforeAll(async () => {
    sid = await server.api.create({ initial_user_msg: 'hello' });
    const client = await new RecordingClient({ sid }).joined(server.url);
    await client.event('it waits', (event) => isState(event, 'awaiting_user_input'));
    client[Symbol.dispose]();
    head = await server.api.head(sid);
  });

  it.each([
    ['nothing', {}],
    ['undefined', { latest_event_id: 'undefined' }],
    ['null', { latest_event_id: 'null' }],
    ['-1', { latest_event_id: '-1' }],
    ['NaN', { latest_event_id: 'NaN' }],
    ['a word', { latest_event_id: "0'; DROP TABLE event; --" }],
    ['much text', { latest_event_id: `${'9'.repeat(5_000)}x` }],
  ])('is sent everything, where its latest_event_id is %s', async (_, query: Record<string, string>) => {
    const client = raw({ conversation_id: sid, ...query });
    await client.until('everything', () => client.ids.at(-1) === head);
    expect(client.ids[0]).toBe(0);
  });

  it.each(['1000000', '9'.repeat(400), '1e3', String(Number.MAX_SAFE_INTEGER)])(
    'goes on from the head, or the beginning, where its latest_event_id is %s',
    async (latest) => {
      const least = await server.api.head(sid);
      const client = await raw({ conversation_id: sid, latest_event_id: latest }).joined();
      const id = await server.api.say(sid, 'more');
      await client.event('what is new', (event) => event.id === id);
      if (/^\d+$/.test(latest)) expect(client.ids[0]).toBeGreaterThan(least);
      else expect(client.ids[0]).toBe(0);
    },
  );

  it.each([
    'no-such-conversation',
    '../',
    '../../etc/passwd',
    '..%2f',
    '.',
    'a/b',
    'x'.repeat(3_000),
    '\u0000',
    '💥',
  ])('is refused, where it asks for %j', async (unknown) => {
    const client = raw({ conversation_id: unknown });
    await client.until('an answer', () => client.refusal !== null);
    expect(client.refusal).toMatchObject({ message: 'Conversation not found.' });
    // As it is, and as a browser would send it.
    for (const name of [unknown.replaceAll(/[^\x21-\x7e]/g, ''), encodeURIComponent(unknown)]) {
      for (const path of ['', '/events', '/events/search?query=x']) {
        const { status, body } = await getAsIs(`/api/conversations/${name}${path}`);
        if (status === 200)
          expect(body).toSatisfy(
            (found) => found === null || JSON.stringify(found).startsWith('{"results":['),
          );
        else
          expect({ status, body }).toMatchObject({
            status: expect.toBeOneOf([400, 404, 414]),
            body: { error: expect.anything() },
          });
      }
    }
  });

  it('is refused, where it names no conversation', async () => {
    const client = raw({});
    await client.until('an answer', () => client.refusal !== null);
    expect(client.refusal).toMatchObject({ message: 'No conversation_id in query params' });
  });

  it('is cut off, or not heard, where it does not speak the protocol', async () => {
    const packets = [
      '',
      '4',
      '42',
      '42[',
      '42{"a":1}',
      '42["oh_action"',
      '451-["oh_action",{"_placeholder":true,"num":0}]',
      '9',
      'x',
    ];
    for (const packet of [...packets, '42/other,["oh_action",{}]', '\u0000'.repeat(100), '4'.repeat(MB)]) {
      const client = await raw({ conversation_id: sid }).joined();
      client.socket.send(packet);
      client.socket.send('42["no_such_event",1]');
      // Either it is closed, or it is served as before.
      const answer = client
        .ask('oh_action', { action: 'message', args: { content: 'hi' } }, 7)
        .catch(() => null);
      await Promise.race([answer, client.until('closed', () => client.closed !== null)]);
      client.socket.terminate();
    }
    expect((await server.api.get('/readyz')).status).toBe(200);
  });
});

describe('a body of the wrong shape', () => {
  const frames: [what: string, frame: unknown, code: string][] = [
    ['nothing', null, 'invalid_request'],
    ['a number', 5, 'invalid_request'],
    ['text', 'message', 'invalid_request'],
    ['a list', [{ action: 'message' }], 'invalid_request'],
    ['no action', { args: {} }, 'invalid_request'],
    ['an unknown action', { action: 'rm -rf', args: {} }, 'action_unknown'],
    ['an action of the agent', { action: 'finish', args: {} }, 'invalid_request'],
    ['a name of Object.prototype', { action: 'constructor', args: {} }, 'action_unknown'],
    ['an id', { id: 0, action: 'message', args: { content: 'x' } }, 'invalid_request'],
    ['no content', { action: 'message', args: {} }, 'invalid_request'],
    ['content of the wrong type', { action: 'message', args: { content: { $gt: '' } } }, 'invalid_request'],
    [
      'images of the wrong type',
      { action: 'message', args: { content: '', image_urls: 'x' } },
      'invalid_request',
    ],
    ['an unknown state', { action: 'change_agent_state', args: { agent_state: 'root' } }, 'invalid_request'],
    [
      'an action_id of the wrong type',
      { action: 'message', args: { content: 'x' }, action_id: {} },
      'invalid_request',
    ],
    [
      'an endless action_id',
      { action: 'message', args: { content: 'x' }, action_id: 'x'.repeat(201) },
      'invalid_request',
    ],
    ['a negative timeout', { action: 'run', args: { command: 'true' }, timeout: -1 }, 'invalid_request'],
    ['binary data', { action: 'message', args: { content: 'x', more: Buffer.from('x') } }, 'invalid_request'],
  ];

  it.each(frames)('is refused on a socket: %s', async (_, frame, code) => {
    const sid = await server.api.create();
    const client = owned.use(await new RecordingClient({ sid }).joined(server.url));
    const before = await server.api.head(sid);
    const ack = await client.send(frame);
    expect(ack).toMatchObject({ ok: false, error: { code, message: expect.stringMatching(/.+/) } });
    expect(await client.sent(message('fine'))).toBeGreaterThan(before);
  });

  it('is refused on a socket: great depth', async () => {
    const client = await raw({ conversation_id: await server.api.create() }).joined();
    for (const depth of [101, 5_000, 1_000_000]) {
      const more = '['.repeat(depth) + ']'.repeat(depth);
      client.socket.send(
        `42${depth}["oh_action",{"action":"message","args":{"content":"x","more":${more}}}]`,
      );
      const start = `43${depth}[{"ok":false,"error":{`;
      await client.until(
        'an answer',
        () => client.closed !== null || client.packets.some((packet) => packet.startsWith(start)),
      );
    }
    expect((await server.api.get('/readyz')).status).toBe(200);
  });

  it.each([
    ['no JSON', '{"initial_user_msg": '],
    ['a list', '[1]'],
    ['a number in place of text', '{"initial_user_msg": 5}'],
    ['images of the wrong type', '{"image_urls": {"0": "x"}}'],
    ['a prototype', '{"__proto__": {"initial_user_msg": "x"}}'],
    ['great depth', `{"initial_user_msg": ${'['.repeat(100_000)}`],
  ])('is refused over HTTP: %s', async (_, body) => {
    const { status, body: answer } = await server.api.post('/api/conversations', body);
    expect(status).toBe(400);
    expect(answer).toMatchObject({ error: { code: 'invalid_request', message: expect.any(String) } });
  });

  it('is refused over HTTP, where it is no JSON by its type', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const init = { method: 'POST', headers: { 'content-type': type }, body: '{}' };
      const response = await fetch(`${server.url}/api/conversations`, init);
      expect(response.status).toBe(415);
      expect(await response.json()).toMatchObject({ error: { code: 'unsupported_media_type' } });
    }
  });
});

describe('a body of 60 MB', () => {
  const huge = 60 * MB;

  it('is refused over HTTP by its announced length, and as it comes', async () => {
    const before = residentBytes(server.pid);
    const latencies = await bystander.during(async () => {
      for (const chunked of [false, true]) {
        expect(await post(huge, chunked)).toMatchObject({
          status: 413,
          body: { error: { code: 'payload_too_large' } },
        });
      }
    });
    report('60 MB over HTTP', latencies, before);
    expect(quantile(latencies, 1)).toBeLessThan(2_000);
    expect(residentBytes(server.pid) - before).toBeLessThan(150 * MB);
  });

  it('ends the connection that sends it over a socket, and no other one', async () => {
    const sid = await server.api.create();
    const packet = Buffer.alloc(huge, 'x');
    packet.write('42["oh_action",{"action":"message","args":{"content":"');
    packet.write('"}}]', huge - 4);
    const before = residentBytes(server.pid);
    const latencies = await bystander.during(async () => {
      const client = await raw({ conversation_id: sid }).joined();
      client.socket.send(packet, { binary: false });
      await client.until('closed', () => client.closed !== null, 20_000);
      expect(client.closed?.code).toBeOneOf([1009, 1006]);
    });
    report('60 MB over a socket', latencies, before);
    expect(quantile(latencies, 1)).toBeLessThan(2_000);
    expect(residentBytes(server.pid) - before).toBeLessThan(150 * MB);
    const log = await server.api.events(sid);
    expect(log.some((event) => event.action === 'message')).toBe(false);
  });

  it('is accepted where it has a third of that', async () => {
    const client = owned.use(
      await new RecordingClient({ sid: await server.api.create() }).joined(server.url),
    );
    const id = await client.sent(message('x'.repeat(19 * MB)), 30_000);
    const echo = await client.event('the echo', (event) => event.id === id, 20_000);
    expect(String(echo.args?.['content']).length).toBe(19 * MB);
  });
});

describe('100,000 tiny messages of one client', () => {
  it('are answered one by one, while others are served and memory stays bounded', async () => {
    const count = 100_000;
    const sid = await server.api.create();
    const before = residentBytes(server.pid);
    let highest = 0;
    const codes = new Map<string, number>();
    let answers = 0;
    const began = performance.now();
    const latencies = await bystander.during(async () => {
      const client = owned.use(
        new RawClient({
          url: server.url,
          query: { conversation_id: sid, latest_event_id: '0' },
          onEvent: () => {},
        }),
      );
      await client.joined();
      client.socket.on('message', (data) => {
        const packet = String(data);
        if (!packet.startsWith('43')) return;
        answers += 1;
        const code = packet.includes('"ok":true') ? 'ok' : (/"code":"(\w+)"/.exec(packet)?.[1] ?? 'other');
        codes.set(code, (codes.get(code) ?? 0) + 1);
      });
      for (let index = 0; index < count; index += 1) {
        client.socket.send(`42${index}["oh_action",{"action":"message","args":{"content":"${index}"}}]`);
        while (index % 100 === 99 && index - answers > WINDOW && client.closed === null) await pause(1);
        if (index % 1_000 === 999) highest = Math.max(highest, residentBytes(server.pid));
      }
      while (answers < count) {
        if (client.closed !== null)
          throw new Error(`closed: ${JSON.stringify(client.closed)} after ${answers} answers`);
        highest = Math.max(highest, residentBytes(server.pid));
        await pause(50);
      }
    });
    console.log(
      `abuse: ${count} messages answered in ${Math.round(performance.now() - began)} ms: ${JSON.stringify([...codes])}; ` +
        `highest memory ${Math.round((highest - before) / MB)} MB above before`,
    );
    report('100,000 messages', latencies, before);
    expect([...codes.keys()].filter((code) => code !== 'ok' && code !== 'too_many_requests')).toEqual([]);
    expect(median(latencies)).toBeLessThan(250);
    expect(quantile(latencies, 1)).toBeLessThan(3_000);
    expect(highest - before).toBeLessThan(400 * MB);
    const deleted = await fetch(`${server.url}/api/conversations/${sid}`, { method: 'DELETE' });
    expect(await deleted.json()).toBe(true);
  }, 180_000);
});

function report(what: string, latencies: readonly number[], before: number): void {
  console.log(
    `abuse: ${what}: ${latencies.length} messages of a bystander answered after median ${Math.round(median(latencies))} ms, ` +
      `at most ${Math.round(quantile(latencies, 1))} ms; memory ${Math.round((residentBytes(server.pid) - before) / MB)} MB more`,
  );
}

/** A path as it is, which `fetch` would tidy up. */
function getAsIs(path: string): Promise<{ status: number | undefined; body: unknown }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port: server.port, path }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
    });
    outgoing.on('error', reject).end();
  });
}

/** Sends a body of so many bytes, whatever becomes of it, and reads the answer. */
function post(bytes: number, chunked: boolean): Promise<{ status: number | undefined; body: unknown }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', ...(chunked ? {} : { 'content-length': bytes }) };
    const outgoing = request(`${server.url}/api/conversations`, { method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
    });
    let answered = false;
    outgoing.on('response', () => {
      answered = true;
    });
    outgoing.on('error', (error) => {
      if (!answered) reject(error); // what is not read any more can't be sent: that is all right after the answer
    });
    const chunk = Buffer.alloc(MB, 'x');
    let left = bytes;
    const write = (): void => {
      while (left > 0 && !outgoing.destroyed) {
        left -= chunk.length;
        if (!outgoing.write(chunk)) {
          outgoing.once('drain', write);
          return;
        }
      }
      outgoing.end();
    };
    outgoing.write('{"initial_user_msg":"');
    left -= 21;
    write();
  });
}
