import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isError } from '../../errors.ts';
import { WorkspacePaths } from './workspace-path.ts';

let folder: string;
let workspace: string;
let paths: WorkspacePaths;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'convene-test-')));
  workspace = join(folder, 'workspace');
  await mkdir(join(workspace, 'sub'), { recursive: true });
  await writeFile(join(folder, 'secret'), 'secret');
  paths = new WorkspacePaths(workspace);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('WorkspacePaths', () => {
  it.each([
    ['a.txt', 'a.txt'],
    ['sub/a.txt', 'sub/a.txt'],
    ['./sub/../a.txt', 'a.txt'],
    ['new/deep/a.txt', 'new/deep/a.txt'],
    ['/workspace/sub', 'sub'],
    ['/workspace', ''],
    ['.', ''],
    ['..a/b', '..a/b'],
  ])('takes %s', async (path, expected) => {
    expect(await paths.resolve(path)).toBe(join(workspace, expected));
  });

  it('takes absolute paths within the workspace', async () => {
    expect(await paths.resolve(join(workspace, 'sub/a'))).toBe(join(workspace, 'sub/a'));
  });

  it.each([
    '..',
    '../secret',
    'sub/../../secret',
    '/etc/passwd',
    '/',
    '/workspace/../etc/passwd',
    '/workspaces/a',
    'a\0b',
  ])('refuses %j', async (path) => {
    await expect(paths.resolve(path)).rejects.toSatisfy((error) => isError(error, 'path_outside_workspace'));
  });

  it('refuses the absolute path of a neighbour whose name begins alike', async () => {
    await expect(paths.resolve(`${workspace}2/a`)).rejects.toSatisfy((error) =>
      isError(error, 'path_outside_workspace'),
    );
  });

  it('follows links that stay within', async () => {
    await symlink('sub', join(workspace, 'link'));
    await symlink(join(workspace, 'sub'), join(workspace, 'absolute'));
    expect(await paths.resolve('link/a.txt')).toBe(join(workspace, 'sub/a.txt'));
    expect(await paths.resolve('absolute')).toBe(join(workspace, 'sub'));
  });

  it.each([
    ['to a file outside', '../secret', 'link'],
    ['to a folder outside, on the way', '..', 'link/secret'],
    ['to a folder outside, with new folders behind it', '..', 'link/new/a.txt'],
    ['to nothing', 'nowhere', 'link'],
    ['to nothing outside', '/nowhere/at/all', 'link'],
    ['to themselves', 'link', 'link'],
  ])('refuses links %s', async (_, target, path) => {
    await symlink(target, join(workspace, 'link'));
    await expect(paths.resolve(path)).rejects.toSatisfy((error) => isError(error, 'path_outside_workspace'));
  });

  it('refuses a link behind a link', async () => {
    await symlink('..', join(workspace, 'sub/up'));
    await symlink('sub/up', join(workspace, 'link'));
    expect(await paths.resolve('link')).toBe(workspace);
    await symlink('../..', join(workspace, 'sub/out'));
    await symlink('sub/out', join(workspace, 'link2'));
    await expect(paths.resolve('link2/secret')).rejects.toSatisfy((error) =>
      isError(error, 'path_outside_workspace'),
    );
  });

  it('works where the workspace itself is reached over a link', async () => {
    await symlink(workspace, join(folder, 'entrance'));
    const other = new WorkspacePaths(join(folder, 'entrance'));
    expect(await other.resolve('sub')).toBe(join(workspace, 'sub'));
    expect(await other.resolve(join(folder, 'entrance/sub'))).toBe(join(workspace, 'sub'));
    expect(await other.resolve(join(workspace, 'sub'))).toBe(join(workspace, 'sub'));
  });

  it('makes the workspace', async () => {
    await rm(workspace, { recursive: true });
    await paths.resolve('a');
    expect(await realpath(workspace)).toBe(workspace);
  });
});
