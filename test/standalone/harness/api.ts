/** The REST side, as tests need it. */
import { z } from 'zod';
import { type WireEvent, wireEventSchema } from './wire.ts';

const createdSchema = z.object({ status: z.literal('ok'), conversation_id: z.string() });
const messageSchema = z.object({ success: z.literal(true), id: z.int() });
const listSchema = z.object({
  results: z.array(z.looseObject({ conversation_id: z.string(), title: z.string() })),
});
const pageSchema = z.object({ events: z.array(wireEventSchema), has_more: z.boolean() });
const PAGE = 100;

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export class Api {
  readonly #url: () => string;

  /** A function is asked for each request. */
  constructor(url: string | (() => string)) {
    this.#url = typeof url === 'string' ? () => url : url;
  }

  get url(): string {
    return this.#url();
  }

  async get(path: string): Promise<Answer> {
    return answered(await fetch(this.url + path));
  }

  async post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    };
    return answered(await fetch(this.url + path, init));
  }

  /** Answers with the new conversation's id. */
  async create(
    body: { readonly initial_user_msg?: string; readonly image_urls?: readonly string[] } = {},
  ): Promise<string> {
    const { status, body: answer } = await this.post('/api/conversations', body);
    if (status !== 200) throw new Error(`not created: ${status} ${JSON.stringify(answer)}`);
    return createdSchema.parse(answer).conversation_id;
  }

  /** Sends a message without a socket; answers with its id. */
  async say(sid: string, message: string): Promise<number> {
    const { body } = await this.post(`/api/conversations/${sid}/message`, { message });
    return messageSchema.parse(body).id;
  }

  /** The first page of conversations. */
  async list(): Promise<z.output<typeof listSchema>['results']> {
    return listSchema.parse((await this.get('/api/conversations')).body).results;
  }

  /** The log as stored, from `from` to its end. */
  async events(sid: string, from = 0): Promise<WireEvent[]> {
    const events: WireEvent[] = [];
    for (;;) {
      const page = await this.page(sid, `start_id=${from + events.length}&limit=${PAGE}`);
      events.push(...page.events);
      if (!page.has_more) return events;
    }
  }

  async page(sid: string, query: string): Promise<z.output<typeof pageSchema>> {
    const { status, body } = await this.get(`/api/conversations/${sid}/events?${query}`);
    if (status !== 200) throw new Error(`no events: ${status} ${JSON.stringify(body)}`);
    return pageSchema.parse(body);
  }

  /** The id of the newest event. */
  async head(sid: string): Promise<number> {
    return (await this.page(sid, 'reverse=true&limit=1')).events[0]?.id ?? -1;
  }
}

async function answered(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}
