/** An OpenHands state folder comes to a real server: taken in, listed, opened, continued, and written out again. */
import { readdir } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type MadeConversation, makeStateFolder } from '../fixtures/openhands-folder.ts';
import { RecordingClient } from './harness/client.ts';
import { runCommand, startCommand } from './harness/command.ts';
import { ServerProcess } from './harness/server-process.ts';
import { TemporaryFolder } from './harness/temporary-folder.ts';
import { until } from './harness/until.ts';
import { commandOf, isState, message, textOf } from './harness/wire.ts';

const CONVERSATIONS = 200;
/** Connections at a time. */
const AT_ONCE = 20;

const summarySchema = z.object({
  conversations: z.record(z.string(), z.number()),
  events: z.record(z.string(), z.number()),
  refused: z.array(z.unknown()),
  problems: z.array(z.object({ file: z.string(), problem: z.string() })),
});
const listingSchema = z.object({
  conversations: z.array(
    z.object({
      conversation_id: z.string(),
      title: z.string(),
      created_at: z.string(),
      selected_repository: z.string().nullable(),
    }),
  ),
  next_page_id: z.string().nullable(),
});

let folder: TemporaryFolder;
let state: string;
let data: string;
let made: MadeConversation[];
beforeAll(async () => {
  folder = await TemporaryFolder.make();
  state = folder.file('state');
  data = folder.file('data');
  made = await makeStateFolder(state, { conversations: CONVERSATIONS, seed: 20_250_301 });
});
afterAll(() => folder[Symbol.asyncDispose]());

async function take(from: string, to: string) {
  const { code, stderr, stdout } = await runCommand(['import', from, '--data-dir', to, '--json']);
  expect([code, stderr]).toEqual([0, '']);
  return summarySchema.parse(JSON.parse(stdout));
}

async function listAll(...where: string[]) {
  const found: z.output<typeof listingSchema>['conversations'] = [];
  for (let page: string[] = []; ; ) {
    const { code, stderr, stdout } = await runCommand([
      'list',
      '--json',
      '--limit',
      '100',
      ...where,
      ...page,
    ]);
    expect([code, stderr]).toEqual([0, '']);
    const { conversations, next_page_id } = listingSchema.parse(JSON.parse(stdout));
    found.push(...conversations);
    if (next_page_id === null) return found;
    page = ['--page', next_page_id];
  }
}

/** What a list shows of them, newest first. */
function expected() {
  return made
    .map(({ createdAt, repository, sid, title }) => ({
      conversation_id: sid,
      title: title ?? '',
      created_at: createdAt,
      selected_repository: repository,
    }))
    .toReversed();
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

describe('an OpenHands state folder with 200 conversations', () => {
  it('is taken in, also by an import that was killed and repeated; and repeating it changes nothing', async () => {
    const killed = startCommand(['import', state, '--data-dir', data]);
    await until('some are stored', () => conversationsIn(`${data}/convene.db`) > 30);
    killed.child.kill('SIGKILL');
    expect((await killed.ended).code).toBeNull();

    const { conversations, problems, refused } = await take(state, data);
    expect(conversations).toMatchObject({ found: CONVERSATIONS, refused: 0 });
    expect(sum([conversations['unchanged'] ?? 0, conversations['resumed'] ?? 0])).toBeGreaterThan(0);
    expect(refused).toEqual([]);
    const strays = sum(made.map((one) => one.strays));
    expect(problems.filter(({ problem }) => problem.includes('left out'))).toHaveLength(strays);

    const again = await take(state, data);
    expect(again.conversations).toMatchObject({ unchanged: CONVERSATIONS, imported: 0, resumed: 0 });
    expect(again.events).toEqual({ stored: 0, gaps: 0, broken: 0 });
  });

  it('counts every gap and every broken file', async () => {
    const { events, problems } = await take(state, folder.file('counted'));
    expect(events['gaps']).toBe(sum(made.map(({ gaps }) => gaps.length)));
    expect(events['broken']).toBe(sum(made.map(({ broken }) => broken.length)));
    for (const { broken, sid } of made) {
      for (const id of broken) {
        expect(problems.some(({ file }) => file.endsWith(`${sid}/events/${id}.json`))).toBe(true);
      }
    }
  });

  it('is listed, opened and continued on a real server, and comes out of it again', async () => {
    expect(await listAll('--data-dir', data)).toEqual(expected());
    await using server = await ServerProcess.start({ dataDir: data });

    const refused = await runCommand(['import', state, '--data-dir', data]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(new RegExp(`^convene: .*process id ${server.pid}\\b.*\\n$`));
    const listed = await listAll('--url', server.url);
    expect(listed.map(({ conversation_id }) => conversation_id)).toEqual(
      expected().map(({ conversation_id }) => conversation_id),
    );

    const waiting = made.values();
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (const one of waiting) await opened(server.url, one);
      }),
    );
    // One with a repository would have it cloned first.
    const local = made.filter(({ repository }) => repository === null);
    for (const one of local.slice(0, 8)) await continued(server.url, one);
    expect(server.errors).toEqual([]);

    const out = folder.file('out');
    expect(await runCommand(['export', '-o', out, '--url', server.url])).toMatchObject({ code: 0 });
    expect(await readdir(`${out}/sessions`)).toHaveLength(CONVERSATIONS);
    const back = await take(out, folder.file('back'));
    expect(back).toMatchObject({ problems: [], events: { gaps: 0, broken: 0 } });
  });
});

/** All of its events are there, as they were, with nothing in the places of what was lost. */
async function opened(url: string, one: MadeConversation): Promise<void> {
  using client = new RecordingClient({ sid: one.sid, query: { all: '1' } });
  client.connect(url);
  await client.until(
    `all of ${one.sid}`,
    () => isState(client.events.at(-1) ?? notYet, 'stopped') && client.events.length >= one.length,
  );
  expect(client.ids).toEqual(client.ids.map((_, index) => index));
  for (const id of [...one.gaps, ...one.broken]) {
    expect(client.events[id]).toMatchObject({ observation: 'null', content: '' });
  }
  const lost = new Set([...one.gaps, ...one.broken]);
  if (!lost.has(2)) expect(textOf(client.events[2] ?? notYet)).toMatch(/^Please do task 0/);
}

const notYet = { id: 0, timestamp: '', source: 'user', message: '' } as const;

/** The next message is met, and nothing of what was there before is carried out. */
async function continued(url: string, { sid }: MadeConversation): Promise<void> {
  using client = new RecordingClient({ sid });
  await client.joined(url);
  const sent = await client.sent(message('$ echo continued'));
  const run = await client.event('its command', (event) => event.id > sent && event.observation === 'run');
  expect(run.content).toBe('continued');
  await client.event('rest', (event) => event.id > run.id && isState(event, 'awaiting_user_input'));
  const after = client.events.filter(({ id }) => id > sent);
  expect(after.flatMap((event) => commandOf(event) ?? [])).toEqual(['echo continued']);
  expect(after.filter((event) => event.observation === 'error')).toEqual([]);
}

function conversationsIn(file: string): number {
  try {
    using database = new DatabaseSync(file, { readOnly: true });
    return Number(database.prepare('SELECT count(*) AS count FROM conversation').get()?.['count']);
  } catch {
    return 0; // it is not there yet
  }
}
