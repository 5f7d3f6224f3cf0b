/** Routes of files where each node has its own workspaces: on the node that has this one, on another, and where it is gone. */
import { describe, expect, it } from 'vitest';
import type { WorkspacePlace } from '../../src/manager/workspace-places.ts';
import { MemoryEventStore } from '../../src/store/memory-event-store.ts';
import { startServer } from './harness.ts';

const elsewhere = { status: 503, body: { error: { code: 'workspace_elsewhere' } } };

/** Two nodes on one store, and a conversation whose workspace is where `places` say. */
async function twoNodes() {
  const store = new MemoryEventStore();
  const places: { one: WorkspacePlace; two: WorkspacePlace } = { one: { at: 'here' }, two: { at: 'here' } };
  let asked = 0;
  const one = await startServer({
    store,
    workspacePlace: async () => {
      asked += 1;
      return places.one;
    },
  });
  const two = await startServer({ store, workspacePlace: async () => places.two });
  const sid = await one.conversation('sid');
  const C = (route: string) => `/api/conversations/${sid}/${route}`;
  return {
    places,
    one,
    two,
    asked: () => asked,
    async get(node: { readonly url: string }, route: string) {
      const response = await fetch(node.url + C(route));
      return { status: response.status, body: await response.json() };
    },
    async save(node: { readonly url: string }, filePath: string) {
      const body = JSON.stringify({ filePath, content: 'x' });
      const headers = { 'content-type': 'application/json', origin: new URL(node.url).origin };
      return (await fetch(node.url + C('save-file'), { method: 'POST', headers, body })).status;
    },
    async [Symbol.asyncDispose]() {
      await one[Symbol.asyncDispose]();
      await two[Symbol.asyncDispose]();
    },
  };
}

describe('a route of files', () => {
  it('is passed on to the node that has the workspace, and says what that one says', async () => {
    await using nodes = await twoNodes();
    const { one, places, two } = nodes;
    places.two = { at: 'node', url: one.url };
    expect(await nodes.save(two, 'made.txt')).toBe(200);
    for (const node of [one, two])
      expect(await nodes.get(node, 'list-files')).toEqual({ status: 200, body: ['made.txt'] });
    expect(await nodes.get(two, 'select-file?file=none')).toMatchObject({
      status: 404,
      body: { error: { code: 'file_not_found' } },
    });
    expect(await nodes.get(two, 'select-file')).toMatchObject({
      status: 400,
      body: { error: { field: 'file' } },
    });
  });

  it('is passed on once at most', async () => {
    await using nodes = await twoNodes();
    const { one, places, two } = nodes;
    places.one = { at: 'node', url: two.url };
    places.two = { at: 'node', url: one.url };
    expect(await nodes.get(two, 'list-files')).toMatchObject(elsewhere);
    expect(nodes.asked()).toBe(1);
  });

  it('finds the node that has the workspace where nobody owns the conversation', async () => {
    await using nodes = await twoNodes();
    const { one, places, two } = nodes;
    places.two = { at: 'unknown', urls: ['http://127.0.0.1:1', one.url] };
    expect(await nodes.save(two, 'made.txt')).toBe(200);
    expect(await nodes.get(one, 'list-files')).toMatchObject({ body: ['made.txt'] });
    places.one = { at: 'unknown', urls: [two.url] };
    expect(await nodes.get(two, 'list-files')).toMatchObject(elsewhere);
    expect(await nodes.get(two, 'zip-directory')).toMatchObject(elsewhere);
    expect(await nodes.save(two, 'lost.txt')).toBe(503);
  });

  it('is passed on for nobody who may not see the conversation', async () => {
    await using nodes = await twoNodes();
    const { one, places, two } = nodes;
    places.two = { at: 'node', url: one.url };
    const asked = nodes.asked();
    const answer = await fetch(`${two.url}/api/conversations/unknown/list-files`);
    expect([answer.status, nodes.asked()]).toEqual([404, asked]);
  });
});
