/** A cluster without a shared folder of workspaces: files are reached through every node, and what a takeover loses is said. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordingClient } from '../standalone/harness/client.ts';
import type { ServerProcess } from '../standalone/harness/server-process.ts';
import { TemporaryFolder } from '../standalone/harness/temporary-folder.ts';
import { until } from '../standalone/harness/until.ts';
import { Cluster } from './cluster.ts';

const LEASE_MS = 6_000;
const NOTICE = 'AGENT_ERROR$WORKSPACE_GONE';
const unzip = promisify(execFile);

describe('a cluster whose nodes have their workspaces to themselves', () => {
  let cluster: Cluster;
  let folder: TemporaryFolder;
  let first: ServerProcess;
  let second: ServerProcess;
  let sid: string;

  beforeAll(async () => {
    cluster = await Cluster.start({ sharesWorkspaces: false });
    folder = await TemporaryFolder.make();
    [first, second] = [await cluster.node(), await cluster.node()];
    await cluster.settled(LEASE_MS);
  }, 400_000);
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const C = (route: string): string => `/api/conversations/${sid}/${route}`;
  const listed = (node: ServerProcess) => node.api.get(C('list-files'));
  async function outputs(node: ServerProcess): Promise<string[]> {
    const log = await node.api.events(sid);
    return log.flatMap(({ content, observation }) => (observation === 'run' ? [content ?? ''] : []));
  }
  async function notices(node: ServerProcess) {
    return (await node.api.events(sid)).filter(({ extras }) => extras?.['error_id'] === NOTICE);
  }

  it('warns of it when it starts', async () => {
    await until('it has', () => first.stderr.includes('No --workspace-dir that all nodes share'));
  });

  it('lists, reads, writes, uploads and zips through every node', async () => {
    sid = await first.api.create({ initial_user_msg: '$ echo made by the agent > made.txt; echo done' });
    await until('it has worked', async () => (await outputs(first)).some((text) => text.includes('done')));
    for (const node of [first, second]) {
      expect(await listed(node)).toEqual({ status: 200, body: ['made.txt'] });
      expect(await node.api.get(C('select-file?file=made.txt'))).toEqual({
        status: 200,
        body: { code: 'made by the agent\n' },
      });
    }
    expect(await second.api.get(C('select-file?file=none'))).toMatchObject({
      status: 404,
      body: { error: { code: 'file_not_found' } },
    });
    expect(await second.api.get('/api/conversations/unknown/list-files')).toMatchObject({ status: 404 });
    const saved = { filePath: 'saved.txt', content: 'saved\n' };
    expect(await second.api.post(C('save-file'), saved)).toMatchObject({ status: 200 });

    // Longer than any buffer on the way.
    const large = 'x'.repeat(8_000_000);
    const form = new FormData();
    form.append('files', new Blob([large]), 'large.txt');
    const uploaded = await fetch(second.url + C('upload-files'), { method: 'POST', body: form });
    expect([uploaded.status, await uploaded.json()]).toMatchObject([200, { uploaded_files: ['large.txt'] }]);
    expect(await listed(first)).toMatchObject({ body: ['large.txt', 'made.txt', 'saved.txt'] });

    const zip = await fetch(second.url + C('zip-directory'));
    expect([zip.status, zip.headers.get('content-type')]).toEqual([200, 'application/zip']);
    const file = folder.file('workspace.zip');
    await writeFile(file, Buffer.from(await zip.arrayBuffer()));
    const { stdout } = await unzip('unzip', ['-p', file, 'large.txt'], { maxBuffer: 1e8 });
    expect(stdout).toBe(large);
    expect(await notices(first)).toEqual([]);
  });

  it('goes on without the files of a killed node, and says so once, to clients too', async () => {
    using client = new RecordingClient({ sid }).connect(second.url);
    await until('it is connected', () => client.connected);
    await first.kill();
    await second.api.say(sid, '$ ls; echo here now > new.txt; echo again');
    await until('it goes on', async () => (await outputs(second)).some((text) => text.includes('again')));
    const [notice] = await notices(second);
    expect(notice).toMatchObject({ observation: 'error', source: 'environment' });
    await until('the client was told', () => client.ids.includes(notice?.id ?? -1));
    expect((await outputs(second)).at(-1)).not.toContain('made.txt');
    expect(await listed(second)).toEqual({ status: 200, body: ['new.txt'] });
    expect(await notices(second)).toHaveLength(1);
  });

  it('finds the files of a stopped conversation, and answers 503 when their node is gone', async () => {
    const third = await cluster.node();
    await until('it knows the others', async () => (await listed(third)).status === 200);
    expect(await second.api.post(C('stop'), {})).toMatchObject({ status: 200 });
    await until('it has stopped', async () => {
      const { body } = await third.api.get(`/api/conversations/${sid}`);
      return Object(body).status === 'STOPPED';
    });
    for (const node of [second, third])
      expect(await listed(node)).toEqual({ status: 200, body: ['new.txt'] });
    await second.kill();
    const gone = { status: 503, body: { error: { code: 'workspace_elsewhere' } } };
    expect(await listed(third)).toMatchObject(gone);
    expect(await third.api.post(C('save-file'), { filePath: 'a', content: '' })).toMatchObject(gone);
    expect(await third.api.get(C('zip-directory'))).toMatchObject(gone);
    expect(await notices(third)).toHaveLength(1);
  });
});
