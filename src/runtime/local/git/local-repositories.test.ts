import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GitServer, makeRepository } from '../../../../test/fixtures/git-server.ts';
import type { ClonedRepository, CloneOptions } from '../../repositories.ts';
import { LocalRuntimeProvider } from '../local-runtime.ts';
import type { LocalRepositories, LocalRepositoriesOptions } from './local-repositories.ts';

const TOKEN = 'ghp_0123456789abcdefghijklmnopqrstuvwxyz';

let root: string;
let server: GitServer;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'repositories-'));
  await makeRepository(join(root, 'hosted/owner/name.git'), { 'README.md': 'Hello\n' });
});
afterAll(() => rm(root, { recursive: true, force: true }));

let folder: string;
let provider: LocalRuntimeProvider;
let abort: AbortController;
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'workspaces-'));
  server = await GitServer.start(join(root, 'hosted'));
  provider = new LocalRuntimeProvider({ folder });
  abort = new AbortController();
});
afterEach(async () => {
  await provider[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function repositories(options: Partial<LocalRepositoriesOptions> = {}, from = provider): LocalRepositories {
  return from.repositories({
    githubUrl: server.url,
    localRepositories: false,
    cloneTimeoutMs: 20_000,
    ...options,
  });
}

function clone(
  repository: string,
  {
    branch = null,
    of = repositories(),
    ...options
  }: Partial<CloneOptions> & {
    readonly branch?: string | null;
    readonly of?: LocalRepositories;
  } = {},
): Promise<ClonedRepository> {
  return of.clone('sid', { repository, branch }, { token: null, signal: abort.signal, ...options });
}

const inWorkspace = (path: string): Promise<string> => readFile(join(folder, 'sid', path), 'utf8');

/** Every file below the folder, as text. */
async function everything(): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return (
    await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')))
  ).join();
}

describe('a repository', () => {
  it('is cloned into a folder of the workspace, and nothing else is left', async () => {
    const lines: string[] = [];
    const found = await clone('owner/name', { onProgress: (line) => lines.push(line) });
    expect(found).toEqual({ folder: 'name', branch: 'main', kept: false });
    expect(await inWorkspace('name/README.md')).toBe('Hello\n');
    expect(await readdir(join(folder, 'sid'))).toEqual(['name']);
    expect(await readdir(join(folder, '.cloning'))).toEqual([]);
    expect(lines).toContain('Receiving objects: 100 %');
  });

  it('is cloned at the branch that is asked for', async () => {
    expect(await clone('owner/name', { branch: 'other' })).toMatchObject({ branch: 'other' });
    expect(await inWorkspace('name/other.txt')).toBe('other\n');
  });

  it('is cloned from any URL, and from a path where these are allowed', async () => {
    expect(await clone(`${server.url}/owner/name.git`)).toMatchObject({ folder: 'name' });
    const path = join(root, 'hosted/owner/name.git');
    await expect(clone(path)).rejects.toThrow('paths are not allowed');
    await rm(join(folder, 'sid'), { recursive: true });
    const found = await clone(path, { of: repositories({ localRepositories: true }) });
    expect(found).toMatchObject({ folder: 'name', kept: false });
  });

  it('is cloned over ssh, where this machine can', async () => {
    const ssh = join(await mkdtemp(join(root, 'ssh-')), 'ssh');
    await writeFile(ssh, '#!/bin/sh\nfor command; do :; done\nexec sh -c "$command"\n', { mode: 0o700 });
    const environment = { PATH: process.env['PATH'], GIT_SSH_COMMAND: ssh };
    await using other = new LocalRuntimeProvider({ folder, environment });
    const of = repositories({}, other);
    const repository = `ssh://git@nowhere.invalid${join(root, 'hosted/owner/name.git')}`;
    expect(await clone(repository, { of, token: TOKEN })).toMatchObject({ branch: 'main', kept: false });
  });

  it('is kept as it is where it is there', async () => {
    await clone('owner/name');
    await writeFile(join(folder, 'sid/name/mine.txt'), 'mine');
    expect(await clone('owner/name', { branch: 'other' })).toEqual({
      folder: 'name',
      branch: 'main',
      kept: true,
    });
    expect(await inWorkspace('name/mine.txt')).toBe('mine');
  });

  it('does not replace what has its name', async () => {
    await mkdir(join(folder, 'sid/name'), { recursive: true });
    await writeFile(join(folder, 'sid/name/mine.txt'), 'mine');
    await expect(clone('owner/name')).rejects.toMatchObject({ reason: 'folder taken' });
    await rm(join(folder, 'sid/name/mine.txt'));
    expect(await clone('owner/name')).toMatchObject({ kept: false }); // an empty folder is nothing
  });

  it('is cloned anew where a crash has left half of it', async () => {
    await mkdir(join(folder, '.cloning/sid/half/.git'), { recursive: true });
    expect(await clone('owner/name')).toMatchObject({ kept: false });
    expect(await readdir(join(folder, '.cloning'))).toEqual([]);
  });
});

describe('a token', () => {
  it('opens what is private, and is nowhere but in the header of a request', async () => {
    server.token = TOKEN;
    await clone('owner/name', { token: TOKEN });
    const expected = `Basic ${Buffer.from(`x-access-token:${TOKEN}`).toString('base64')}`;
    expect(server.requests.some(({ authorization }) => authorization === expected)).toBe(true);
    expect(await everything()).not.toContain(TOKEN);
    const config = await inWorkspace('name/.git/config');
    expect(config).toContain(`url = ${server.url}/owner/name.git`);
    expect(config).not.toMatch(/credential|token/i);
  });

  it('is not kept by helpers of this machine', async () => {
    server.token = TOKEN;
    const home = await mkdtemp(join(root, 'home-'));
    await writeFile(join(home, '.gitconfig'), '[credential]\n\thelper = store\n');
    const environment = { PATH: process.env['PATH'], HOME: home };
    await using other = new LocalRuntimeProvider({ folder, environment });
    await clone('owner/name', { of: repositories({}, other), token: TOKEN });
    expect(await readdir(home)).toEqual(['.gitconfig']);
  });

  it('is given to no other host', async () => {
    server.token = TOKEN;
    const of = repositories({ githubUrl: 'https://github.com' });
    await expect(clone(`${server.url}/owner/name.git`, { of, token: TOKEN })).rejects.toMatchObject({
      reason: 'no access',
      message: expect.stringContaining('it needs access rights that are not there'),
    });
    expect(server.requests.map(({ authorization }) => authorization)).toEqual([null]);
  });

  it('is in no argument of a process', async () => {
    const asked = server.hold();
    const cloned = clone('owner/name', { token: TOKEN });
    await asked;
    const lines = await commandLines();
    expect(lines).toContain(server.url);
    expect(lines).not.toContain(TOKEN);
    server.release();
    await cloned;
  });
});

describe('a clone that fails says why', () => {
  it.each<[string, string, Partial<CloneOptions> & { branch?: string }, string, string]>([
    ['no such repository', 'owner/none', {}, 'not found', 'there is no such repository'],
    ['no such branch', 'owner/name', { branch: 'none' }, 'branch missing', 'it has no branch none'],
    ['nor has it the name of a failure', 'owner/ssl-certificate', {}, 'not found', 'there is no such'],
    ['nobody listens', 'http://127.0.0.1:9/a/b', {}, 'unreachable', 'its host could not be reached'],
    ['no such host', 'https://nowhere.invalid/a/b', {}, 'unreachable', 'its host could not be reached'],
  ])('%s', async (_, repository, options, reason, why) => {
    const message = expect.stringContaining(`Could not clone ${repository}: ${why}`);
    await expect(clone(repository, options)).rejects.toMatchObject({ reason, message });
    expect(await readdir(folder)).toEqual(['.cloning']);
    expect(await readdir(join(folder, '.cloning'))).toEqual([]);
  });

  it('no access', async () => {
    server.token = TOKEN;
    await expect(clone('owner/name')).rejects.toMatchObject({
      reason: 'no access',
      message: expect.stringContaining('set a token in the settings'),
    });
    const wrong = clone('owner/name', { token: 'ghp_wrong' });
    await expect(wrong).rejects.toMatchObject({ reason: 'no access' });
    await expect(wrong).rejects.toThrow(/Check that the GitHub token/);
    await expect(wrong).rejects.not.toThrow(/ghp_wrong/);
  });

  it('git is missing', async () => {
    const bin = await mkdtemp(join(root, 'bin-'));
    const { symlink } = await import('node:fs/promises');
    for (const name of ['sh', 'grep', 'rm', 'sleep']) await symlink(`/bin/${name}`, join(bin, name));
    await using bare = new LocalRuntimeProvider({ folder, environment: { PATH: bin } });
    await expect(clone('owner/name', { of: repositories({}, bare) })).rejects.toMatchObject({
      reason: 'git missing',
      message: expect.stringContaining('git is not installed'),
    });
  });

  it('it takes too long', async () => {
    const asked = server.hold();
    const late = clone('owner/name', { of: repositories({ cloneTimeoutMs: 300 }) });
    await expect(late).rejects.toMatchObject({ reason: 'timed out' });
    await asked;
    expect(await commandLines()).not.toContain(server.url);
  });
});

describe('a clone that is aborted', () => {
  it('ends with its processes, and leaves nothing', async () => {
    const asked = server.hold();
    const aborted = clone('owner/name');
    await asked;
    abort.abort(new Error('the agent was paused'));
    await expect(aborted).rejects.toThrow('the agent was paused');
    expect(await commandLines()).not.toContain(server.url);
    expect(await readdir(join(folder, '.cloning'))).toEqual([]);
  });

  it('is over before the next one of its conversation begins', async () => {
    const of = repositories();
    const asked = server.hold();
    const first = clone('owner/name', { of });
    await asked;
    const next = new AbortController();
    const second = clone('owner/name', { of, signal: next.signal });
    abort.abort(new Error('given up'));
    await expect(first).rejects.toThrow('given up');
    server.release();
    expect(await second).toMatchObject({ kept: false });
  });
});

/** Of every process of this machine (Linux). */
async function commandLines(): Promise<string> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.join('\n');
}
