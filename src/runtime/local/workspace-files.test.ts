import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../clock.ts';
import { isError } from '../../errors.ts';
import { WorkspaceFiles } from './workspace-files.ts';

let folder: string;
let workspace: string;
let files: WorkspaceFiles;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convene-test-'));
  workspace = join(folder, 'workspace');
  files = new WorkspaceFiles({ clock: systemClock, workspace, maxFileBytes: 100 });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('WorkspaceFiles', () => {
  it('lists an empty workspace that nobody has used', async () => {
    expect(await files.list()).toEqual([]);
  });

  it('lists sorted names, folders with a slash, without what people do not look into', async () => {
    for (const name of ['src', 'node_modules', '.git', '__pycache__', '.venv', '.github']) {
      await mkdir(join(workspace, name), { recursive: true });
    }
    await files.write('b.txt', '');
    await files.write('a.txt', '');
    expect(await files.list('.')).toEqual(['.github/', 'a.txt', 'b.txt', 'src/']);
  });

  it('shows a link to a folder within as a folder, and one that leads out as a name', async () => {
    await mkdir(join(workspace, 'src'), { recursive: true });
    await symlink('src', join(workspace, 'inside'));
    await symlink('..', join(workspace, 'outside'));
    expect(await files.list()).toEqual(['inside/', 'outside', 'src/']);
    await expect(files.list('outside')).rejects.toSatisfy((error) =>
      isError(error, 'path_outside_workspace'),
    );
  });

  it('reads what it wrote', async () => {
    await files.write('a/b.txt', 'text');
    expect(await files.readText('a/b.txt')).toBe('text');
    await files.write('bytes', Buffer.from([0xc3, 0xa9]));
    expect(await files.readText('/workspace/bytes')).toBe('é');
  });

  it.each([
    ['file_not_found', 'nothing'],
    ['path_outside_workspace', '../secret'],
    ['payload_too_large', 'large'],
    ['invalid_request', 'binary'],
    ['invalid_request', 'folder'],
  ] as const)('fails with %s for %s', async (code, path) => {
    await mkdir(join(workspace, 'folder'), { recursive: true });
    await writeFile(join(workspace, 'large'), 'x'.repeat(101));
    await writeFile(join(workspace, 'binary'), 'a\0b');
    await expect(files.readText(path)).rejects.toSatisfy((error) => isError(error, code));
    if (path === 'binary') expect(await files.readBytes(path)).toEqual(Buffer.from('a\0b'));
    else await expect(files.readBytes(path)).rejects.toSatisfy((error) => isError(error, code));
  });
});
