/**
 * What an unchanged web client of OpenHands 0.27 asks for beside the socket: the files of the workspace after each
 * change of state, an editor's address, the open file again, an archive, the trajectory; and what it uploads and posts.
 */
import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { RawClient } from '../standalone/harness/raw-client.ts';
import { isState, type WireEvent } from '../standalone/harness/wire.ts';
import type { Site } from './unchanged-client-site.ts';

const UNKNOWN = '0123456789abcdef0123456789abcdef';

export function unchangedClientFiles(site: Site): void {
  const waits = (event: WireEvent): boolean => isState(event, 'awaiting_user_input');

  /** A conversation whose agent has done this, and its client. */
  async function after(
    text: string,
  ): Promise<{ readonly client: RawClient; readonly of: string; readonly sid: string }> {
    const sid = await site.api.create({ initial_user_msg: text, image_urls: [] });
    const client = site.connect(sid);
    await client.event('it waits', waits);
    return { client, sid, of: `/api/conversations/${sid}` };
  }

  it('lists the files, folders with a slash, and opens one by its path', async () => {
    const { of } = await after('$ mkdir sub; echo one > a.txt; echo two > sub/b.txt');
    const list = await site.api.get(`${of}/list-files`);
    expect(list.status).toBe(200);
    expect(list.body).toEqual(expect.arrayContaining(['sub/', 'a.txt']));
    expect((await site.api.get(`${of}/list-files?path=sub`)).body).toEqual([
      expect.stringMatching(/b\.txt$/),
    ]);
    expect(await site.api.get(`${of}/select-file?file=sub/b.txt`)).toEqual({
      status: 200,
      body: { code: 'two\n' },
    });
  });

  it('saves what was edited, and tells of what is not there', async () => {
    const { of } = await after('$ echo one > a.txt');
    const saved = await site.api.post(`${of}/save-file`, { filePath: 'a.txt', content: 'mine\n' });
    expect(saved).toMatchObject({ status: 200, body: { message: expect.any(String) } });
    expect((await site.api.get(`${of}/select-file?file=a.txt`)).body).toEqual({ code: 'mine\n' });
    expect((await site.api.get(`${of}/select-file?file=none.txt`)).status).toBeGreaterThanOrEqual(400);
    expect((await site.api.get(`${of}/select-file?file=../../x`)).status).toBe(400);
  });

  it('imports an archive: an empty message, then an upload', async () => {
    const sid = await site.api.create({ initial_user_msg: '', image_urls: [] });
    const body = new FormData();
    body.append('files', new Blob(['of the archive\n']), 'archive.txt');
    const response = await fetch(`${site.url}/api/conversations/${sid}/upload-files`, {
      method: 'POST',
      body,
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      uploaded_files: [expect.stringContaining('archive.txt')],
      skipped_files: [],
    });
    const opened = await site.api.get(`/api/conversations/${sid}/select-file?file=archive.txt`);
    expect(opened.body).toEqual({ code: 'of the archive\n' });
  });

  it('downloads the workspace as an archive', async () => {
    const { of } = await after('$ echo one > a.txt');
    const response = await fetch(`${site.url}${of}/zip-directory`);
    expect(response.status).toBe(200);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.subarray(0, 2).toString()).toBe('PK');
    await writeFile(site.file('workspace.zip'), bytes);
  });

  it('asks once for the editor, which there is none', async () => {
    const { of } = await after('$ true');
    const { status, body } = await site.api.get(`${of}/vscode-url`);
    expect(status).toBe(200);
    expect(body).toHaveProperty('vscode_url');
    expect((await site.api.get(`${of}/config`)).body).toMatchObject({ session_id: expect.any(String) });
    expect((await site.api.get(`${of}/web-hosts`)).body).toHaveProperty('hosts');
  });

  it('reads the trajectory, which can be played back', async () => {
    const { of } = await after('$ echo again');
    const { status, body } = await site.api.get(`${of}/trajectory`);
    expect(status).toBe(200);
    const { trajectory } = Object(body);
    expect(trajectory.map((event: WireEvent) => event.action).filter(Boolean)).toEqual(
      expect.arrayContaining(['message', 'run']),
    );
    const created = await site.api.post('/api/conversations', {
      replay_json: JSON.stringify(trajectory),
    });
    const sid = String(Object(created.body).conversation_id);
    const client = site.connect(sid);
    await client.event(
      'carried out anew',
      (event) => event.observation === 'run' && event.content === 'again',
    );
  });

  it('posts feedback, which is kept here', async () => {
    const { of } = await after('$ true');
    const feedback = {
      version: '1.0',
      email: 'me@example.org',
      polarity: 'positive',
      permissions: 'private',
      token: '',
      feedback: 'positive',
      trajectory: [],
    };
    const { status, body } = await site.api.post(`${of}/submit-feedback`, feedback);
    expect(status).toBe(200);
    expect(body).toMatchObject({ statusCode: 200, body: expect.anything() });
  });

  it.each([
    'list-files',
    'select-file?file=x',
    'zip-directory',
    'config',
    'vscode-url',
    'web-hosts',
    'trajectory',
  ])('is told with 404 and a text that a conversation is unknown: %s', async (route) => {
    const answer = await site.api.get(`/api/conversations/${UNKNOWN}/${route}`);
    expect(answer).toEqual({ status: 404, body: { error: 'Conversation not found.' } });
  });
}
