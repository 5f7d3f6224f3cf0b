/** Every route of docs/protocol.md on a real server: its answer, its error, and its place in `/openapi.json`. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ServerProcess } from './harness/server-process.ts';
import { TemporaryFolder } from './harness/temporary-folder.ts';

/** As docs/protocol.md lists them. `C` is `/api/conversations/{id}`. */
const table = `
  GET /api/options/defaults
  GET /api/options/models
  GET /api/options/agents
  GET /api/options/security-analyzers
  GET /api/options/config
  GET /api/settings
  POST /api/settings
  POST /api/settings/test
  POST /api/conversations
  POST /api/conversations/import
  GET /api/conversations
  GET C
  PATCH C
  DELETE C
  POST C/start
  POST C/stop
  POST C/message
  GET C/events
  GET C/events/search
  GET C/list-files
  GET C/select-file
  GET C/raw-file
  POST C/save-file
  POST C/upload-files
  GET C/zip-directory
  GET C/config
  GET C/vscode-url
  GET C/web-hosts
  GET C/trajectory
  POST C/fork
  POST C/submit-feedback
  GET /api/github/user
  GET /api/github/repositories
  GET /api/github/installations
  GET /api/github/search/repositories
  GET /healthz
  GET /readyz
  GET /metrics
  GET /openapi.json
  GET /api/cluster
`
  .trim()
  .split(/\s*\n\s*/)
  .map((line) => line.replace(' C', ' /api/conversations/{id}'));

const openApi = z.object({
  paths: z.record(
    z.string(),
    z.record(z.string(), z.object({ summary: z.string(), responses: z.looseObject({}) })),
  ),
});
const zipped = promisify(execFile);

describe('the routes of a server', () => {
  let folder: TemporaryFolder;
  let server: ServerProcess;
  let sid: string;
  let workspace: string;
  const asked: string[] = [];
  /** Stands in for GitHub's API. */
  const github = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`);
    const answers: Readonly<Record<string, unknown>> = {
      '/user': { login: 'octocat' },
      '/user/repos?page=1&per_page=2&sort=pushed': [{ id: 1, full_name: 'octocat/hello' }],
      '/user/installations': { installations: [{ id: 7 }, { id: 9 }] },
      '/user/installations/7/repositories?page=1&per_page=10': { repositories: [] },
      '/search/repositories?q=a+b&per_page=5&sort=stars&order=desc': { items: [{ id: 2 }] },
    };
    const answer = answers[request.url ?? ''];
    response.writeHead(answer === undefined ? 404 : 200, {
      'content-type': 'application/json',
      link: '<x>; rel="next"',
    });
    response.end(JSON.stringify(answer ?? { message: 'Not Found' }));
  });

  const C = (rest: string): string => `/api/conversations/${sid}${rest}`;
  const get = (route: string) => server.api.get(route);

  beforeAll(async () => {
    folder = await TemporaryFolder.make();
    await new Promise<void>((resolve) => github.listen(0, '127.0.0.1', resolve));
    const address = github.address();
    const port = typeof address === 'object' ? address?.port : 0;
    server = await ServerProcess.start({
      dataDir: folder.path,
      env: { CONVENE_GITHUB_API_URL: `http://127.0.0.1:${port}` },
    });
    sid = await server.api.create();
    workspace = path.join(folder.path, 'workspaces', sid);
    await mkdir(path.join(workspace, 'src/deep'), { recursive: true });
    await mkdir(path.join(workspace, 'out'), { recursive: true });
    await mkdir(path.join(workspace, '.git'), { recursive: true });
    await writeFile(path.join(workspace, '.gitignore'), 'out/\n*.log\n!keep.log\n');
    await writeFile(path.join(workspace, 'src/.gitignore'), 'secret.txt\n');
    const files = [
      'a.txt',
      'b.log',
      'keep.log',
      'out/x',
      '.git/config',
      'src/main.py',
      'src/secret.txt',
      'src/deep/ü.txt',
    ];
    for (const file of files) await writeFile(path.join(workspace, file), `text of ${file}\n`);
    await writeFile(path.join(workspace, 'image.bin'), Buffer.from([1, 0, 2]));
    await symlink('/etc', path.join(workspace, 'etc'));
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await new Promise((resolve) => github.close(resolve));
    await folder[Symbol.asyncDispose]();
  });

  it('are all in /openapi.json, each with what it is for and what it answers', async () => {
    const { paths } = openApi.parse((await get('/openapi.json')).body);
    const described = Object.entries(paths).flatMap(([route, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${route}`),
    );
    expect(described.toSorted()).toEqual(table.toSorted());
    for (const methods of Object.values(paths))
      for (const { responses, summary } of Object.values(methods)) {
        expect(summary).toMatch(/\.$/);
        expect(Object.keys(responses)).toEqual(['200', 'default']);
      }
  });

  it('are shown by a page that asks nobody else', async () => {
    const page = await fetch(`${server.url}/docs`);
    expect(page.headers.get('content-type')).toContain('text/html');
    const text = await page.text();
    for (const [, address = ''] of text.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect(address).toMatch(/^\/docs\//);
      expect((await fetch(server.url + address)).status).toBe(200);
    }
  });

  it('answer for an unknown conversation with 404 and {error}', async () => {
    const unknown = table.filter((line) => line.includes('{id}') && !line.endsWith('{id}'));
    expect(unknown).toHaveLength(17);
    const bodies: Readonly<Record<string, unknown>> = {
      'save-file': { filePath: 'a', content: '' },
      message: { message: 'hi' },
    };
    for (const line of unknown) {
      const [method = '', route = ''] = line.split(' ');
      const url = route.replace('{id}', 'ffff') + (/(select|raw)-file$/.test(route) ? '?file=a' : '');
      const { body, status } =
        method === 'GET'
          ? await get(url)
          : await server.api.post(url, bodies[url.split('/').at(-1) ?? ''] ?? {});
      expect([line, status, body]).toEqual([line, 404, { error: 'Conversation not found.' }]);
    }
    expect((await get('/api/conversations/ffff')).body).toBeNull();
    const init = { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"title":"t"}' };
    expect((await fetch(`${server.url}/api/conversations/ffff`, init)).status).toBe(404);
    const deleted = await fetch(`${server.url}/api/conversations/ffff`, { method: 'DELETE' });
    expect([deleted.status, await deleted.json()]).toEqual([200, false]);
  });

  it('list-files: the names of a folder, without what is ignored', async () => {
    expect((await get(C('/list-files'))).body).toEqual([
      '.gitignore',
      'a.txt',
      'etc',
      'image.bin',
      'keep.log',
      'src/',
    ]);
    expect((await get(C('/list-files?path=src/'))).body).toEqual([
      'src/.gitignore',
      'src/deep/',
      'src/main.py',
    ]);
    expect((await get(C('/list-files?path=src/deep'))).body).toEqual(['src/deep/ü.txt']);
    expect(await get(C('/list-files?path=nowhere'))).toMatchObject({
      status: 404,
      body: { error: { code: 'file_not_found' } },
    });
    for (const outside of ['..', '/', 'etc', 'src/../../..']) {
      const answer = await get(C(`/list-files?path=${encodeURIComponent(outside)}`));
      expect(answer).toMatchObject({ status: 400, body: { error: { code: 'path_outside_workspace' } } });
    }
  });

  it('select-file and save-file: a text as it is, within the workspace', async () => {
    expect((await get(C('/select-file?file=src/main.py'))).body).toEqual({ code: 'text of src/main.py\n' });
    expect(await get(C('/select-file?file=image.bin'))).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_request' } },
    });
    expect(await get(C('/select-file?file=nothing'))).toMatchObject({ status: 404 });
    expect(await get(C('/select-file?file=etc/passwd'))).toMatchObject({ status: 400 });
    expect(await get(C('/select-file'))).toMatchObject({ status: 400, body: { error: { field: 'file' } } });
    const raw = await fetch(server.url + C('/raw-file?file=image.bin'));
    expect(Buffer.from(await raw.arrayBuffer())).toEqual(Buffer.from([1, 0, 2]));
    expect(raw.headers.get('content-type')).toBe('application/octet-stream');
    expect(raw.headers.get('x-content-type-options')).toBe('nosniff');
    expect(raw.headers.get('content-security-policy')).toMatch(/sandbox$/);
    expect(await get(C('/raw-file?file=etc/passwd'))).toMatchObject({ status: 400 });
    const text = 'äöü\r\n\u0000?';
    const saved = await server.api.post(C('/save-file'), { filePath: 'new/folder/file.txt', content: text });
    expect(saved).toEqual({ status: 200, body: { message: 'File saved successfully' } });
    expect(await readFile(path.join(workspace, 'new/folder/file.txt'), 'utf8')).toBe(text);
    expect(await server.api.post(C('/save-file'), { filePath: '../x', content: '' })).toMatchObject({
      status: 400,
    });
    expect(await server.api.post(C('/save-file'), { filePath: 'x' })).toMatchObject({
      status: 400,
      body: { error: { field: 'content' } },
    });
  });

  it('upload-files: each file by its name, and what was skipped with the reason', async () => {
    const upload = async (parts: readonly [string, Blob][]) => {
      const form = new FormData();
      for (const [name, blob] of parts) form.append('files', blob, name);
      const response = await fetch(server.url + C('/upload-files'), { method: 'POST', body: form });
      return { status: response.status, body: await response.json() };
    };
    const large = new Blob([Buffer.alloc(3_000_000, 'x')]);
    const good = await upload([
      ['up.txt', new Blob(['hello'])],
      ['of a folder/deep/in.txt', new Blob(['inside'])],
      ['../../escape.txt', new Blob(['no'])],
      ['large.bin', large],
      ['src', new Blob(['a folder'])],
    ]);
    expect(good).toMatchObject({
      status: 200,
      body: {
        uploaded_files: ['up.txt', 'of a folder/deep/in.txt', 'large.bin'],
        skipped_files: [{ name: '../../escape.txt' }, { name: 'src' }],
      },
    });
    expect(await readFile(path.join(workspace, 'of a folder/deep/in.txt'), 'utf8')).toBe('inside');
    expect(await readFile(path.join(workspace, 'up.txt'), 'utf8')).toBe('hello');
    expect((await readFile(path.join(workspace, 'large.bin'))).length).toBe(3_000_000);
    expect(await readdir(folder.path)).not.toContain('escape.txt');
    expect(await upload([['src', new Blob(['x'])]])).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_request' } },
    });
    const tooLarge = new Blob([Buffer.alloc(100 * 1024 * 1024 + 1)]);
    const skipping = await upload([
      ['src', large],
      ['first.txt', new Blob(['1'])],
      ['huge.bin', tooLarge],
      ['last.txt', new Blob(['2'])],
    ]);
    expect(skipping).toMatchObject({
      status: 200,
      body: {
        uploaded_files: ['first.txt', 'last.txt'],
        skipped_files: [{ name: 'src' }, { name: 'huge.bin' }],
      },
    });
    expect(await server.api.post(C('/upload-files'), {})).toMatchObject({ status: 415 });
    expect((await readdir(workspace)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('zip-directory: every file but the ignored ones', async () => {
    const response = await fetch(server.url + C('/zip-directory'));
    expect(response.headers.get('content-type')).toBe('application/zip');
    const file = path.join(folder.path, 'got.zip');
    await writeFile(file, Buffer.from(await response.arrayBuffer()));
    const list =
      'import sys,zipfile,json; z=zipfile.ZipFile(sys.argv[1]); z.testzip(); print(json.dumps({n: len(z.read(n)) for n in z.namelist()}))';
    const { stdout } = await zipped('python3', ['-c', list, file]);
    const sizes = z.record(z.string(), z.int()).parse(JSON.parse(stdout));
    expect(sizes).toMatchObject({ 'a.txt': 14, 'src/main.py': 20, 'src/deep/ü.txt': 24, 'keep.log': 17 });
    for (const ignored of ['b.log', 'out/x', '.git/config', 'src/secret.txt', 'etc'])
      expect(sizes).not.toHaveProperty([ignored]);
  });

  it('zip-directory: a client that goes away costs nothing more', async () => {
    const leaving = new AbortController();
    const response = await fetch(server.url + C('/zip-directory'), { signal: leaving.signal });
    await response.body?.getReader().read();
    leaving.abort();
    expect((await get('/healthz')).status).toBe(200);
    expect(server.errors).toEqual([]);
  });

  it('config, vscode-url, web-hosts: what a client asks for once', async () => {
    expect((await get(C('/config'))).body).toEqual({ runtime_id: sid, session_id: sid });
    expect((await get(C('/vscode-url'))).body).toEqual({ vscode_url: null });
    expect((await get(C('/web-hosts'))).body).toEqual({ hosts: {} });
    expect((await get(C('/security/settings'))).status).toBe(404);
  });

  it('trajectory: every event but the hidden ones', async () => {
    await server.api.say(sid, 'hello');
    const trajectory = z.object({ trajectory: z.array(z.looseObject({ id: z.int() })) });
    const { trajectory: events } = trajectory.parse((await get(C('/trajectory'))).body);
    const stored = (await server.api.events(sid)).slice(0, events.length);
    expect(events.length).toBeGreaterThan(1);
    expect(stored).toMatchObject(events);
  });

  it('submit-feedback: kept on this server', async () => {
    const feedback = {
      polarity: 'positive',
      email: 'a@b.c',
      permissions: 'private',
      version: '1',
      trajectory: [{}],
    };
    const { body, status } = await server.api.post(C('/submit-feedback'), feedback);
    expect([status, body]).toMatchObject([200, { statusCode: 200, body: { message: 'Feedback stored' } }]);
    const [file = ''] = await readdir(path.join(folder.path, 'files/feedback', sid));
    const kept = JSON.parse(await readFile(path.join(folder.path, 'files/feedback', sid, file), 'utf8'));
    expect(kept).toMatchObject({ polarity: 'positive', conversation_id: sid });
    expect(kept).not.toHaveProperty('trajectory');
    const refused = await server.api.post(C('/submit-feedback'), { polarity: 'great' });
    expect(refused).toMatchObject({ status: 400, body: { error: { field: 'polarity' } } });
  });

  it('github: 401 without a token; with one, what GitHub answers, and never the token', async () => {
    for (const route of ['user', 'repositories', 'installations', 'search/repositories?query=a']) {
      const refused = await get(`/api/github/${route}`);
      expect(refused).toMatchObject({ status: 401, body: { error: { code: 'github_token_missing' } } });
    }
    await server.api.post('/api/settings', { github_token: 'ghp_geheim' });
    expect((await get('/api/github/user')).body).toEqual({ login: 'octocat' });
    expect((await get('/api/github/repositories?per_page=2')).body).toEqual([
      { id: 1, full_name: 'octocat/hello' },
    ]);
    expect((await get('/api/github/repositories?installation_id=7')).body).toEqual({ repositories: [] });
    expect((await get('/api/github/installations')).body).toEqual([7, 9]);
    expect((await get('/api/github/search/repositories?query=a%20b')).body).toEqual({ items: [{ id: 2 }] });
    const response = await fetch(`${server.url}/api/github/repositories?per_page=2`);
    expect(response.headers.get('link')).toBe('<x>; rel="next"');
    expect(await get('/api/github/repositories?page=3')).toMatchObject({
      status: 404,
      body: { error: { code: 'github_failed' } },
    });
    expect(await get('/api/github/repositories?page=x')).toMatchObject({
      status: 400,
      body: { error: { field: 'page' } },
    });
    expect((await get('/api/github/elsewhere')).status).toBe(404);
    expect(new Set(asked.map((line) => line.split(' ').at(-1)))).toEqual(new Set(['ghp_geheim']));
    expect(server.stdout + server.stderr).not.toContain('ghp_geheim');
  });

  it('metrics: figures for Prometheus', async () => {
    const response = await fetch(`${server.url}/metrics`);
    expect(response.headers.get('content-type')).toContain('text/plain');
    const text = await response.text();
    for (const name of [
      'convene_running_loops 1',
      'convene_connections 0',
      'convene_ready 1',
      'nodejs_eventloop_lag',
    ])
      expect(text).toContain(name);
  });

  it('options and settings: what protocol.md says', async () => {
    expect((await get('/api/options/models')).body).toContain('openai/gpt-5');
    expect((await get('/api/options/agents')).body).toEqual(
      expect.arrayContaining(['CodeActAgent', 'ShellAgent']),
    );
    expect((await get('/api/options/security-analyzers')).body).toEqual([]);
    expect((await get('/api/options/config')).body).toMatchObject({
      APP_MODE: 'oss',
      POSTHOG_CLIENT_KEY: '',
    });
    expect((await get('/api/settings')).body).toMatchObject({ github_token_is_set: true });
    const refused = await server.api.post('/api/settings', { max_iterations: 'many' });
    expect(refused).toMatchObject({ status: 400, body: { error: { field: 'max_iterations' } } });
    expect((await server.api.post('/api/options/models', {})).status).toBe(405);
  });
});

describe('a web client from a folder', () => {
  it('is served with its own addresses, its assets and its types, and nothing beside it', async () => {
    await using folder = await TemporaryFolder.make();
    const web = path.join(folder.path, 'web');
    await mkdir(path.join(web, 'assets'), { recursive: true });
    await mkdir(path.join(web, 'locales/de'), { recursive: true });
    await writeFile(path.join(web, 'index.html'), '<!doctype html><title>A client</title>');
    await writeFile(path.join(web, 'assets/app-1a2b.js'), 'export {};');
    await writeFile(path.join(web, 'locales/de/translation.json'), '{"a":"ä"}');
    await writeFile(path.join(folder.path, 'secret.txt'), 'secret');
    await using server = await ServerProcess.start({
      dataDir: path.join(folder.path, 'data'),
      args: ['--web-dir', web],
    });
    const ask = async (route: string, accept = 'text/html,*/*') => {
      const response = await fetch(server.url + route, { headers: { accept } });
      return {
        status: response.status,
        type: response.headers.get('content-type') ?? '',
        text: await response.text(),
        headers: response.headers,
      };
    };
    for (const route of ['/', '/conversations/abc', '/settings', '/settings?x=1']) {
      const { headers, status, text, type } = await ask(route);
      expect([route, status, text.includes('A client'), type.includes('text/html')]).toEqual([
        route,
        200,
        true,
        true,
      ]);
      expect(headers.get('cache-control')).toBe('no-cache');
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    }
    const script = await ask('/assets/app-1a2b.js', '*/*');
    expect([script.status, script.type]).toEqual([200, expect.stringContaining('javascript')]);
    expect(script.headers.get('cache-control')).toContain('immutable');
    expect(await ask('/locales/de/translation.json')).toMatchObject({ status: 200, text: '{"a":"ä"}' });
    for (const route of ['/api/nothing', '/assets/missing.js', '/..%2fsecret.txt', '/%2e%2e/secret.txt']) {
      const { status, text } = await ask(route, route.startsWith('/api') ? 'text/html' : '*/*');
      expect([route, status, text.includes('secret')]).toEqual([route, status, false]);
      expect(status).toBeGreaterThanOrEqual(400);
    }
    expect((await ask('/api/conversations')).type).toContain('json');
    expect((await ask('/openapi.json')).status).toBe(200);
  });
});
