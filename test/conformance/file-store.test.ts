import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalFileStore } from '../../src/store/local-file-store.ts';
import { MemoryFileStore } from '../../src/store/memory-file-store.ts';
import { fileStoreConformance } from './file-store.ts';

fileStoreConformance('memory', async () => ({ files: new MemoryFileStore(), close: async () => {} }));

fileStoreConformance('local folder', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'convene-files-'));
  return {
    files: new LocalFileStore(path.join(folder, 'made', 'later')),
    close: () => rm(folder, { recursive: true }),
  };
});

describe('LocalFileStore', () => {
  let parent: string;
  let root: string;
  let files: LocalFileStore;

  beforeEach(async () => {
    parent = await mkdtemp(path.join(tmpdir(), 'convene-files-'));
    root = path.join(parent, 'root');
    await mkdir(root);
    await mkdir(path.join(parent, 'outside'));
    await writeFile(path.join(parent, 'outside', 'secret'), 'secret');
    files = new LocalFileStore(root);
  });
  afterEach(() => rm(parent, { recursive: true }));

  const outside = () => readdir(path.join(parent, 'outside'));

  it('does not follow a link to a folder', async () => {
    await symlink(path.join(parent, 'outside'), path.join(root, 'link'));
    await expect(files.read('link/secret')).rejects.toMatchObject({ code: 'file_not_found' });
    await expect(files.write('link/new', 'x')).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(files.write('link/deep/new', 'x')).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await files.exists('link/secret')).toBe(false);
    expect(await files.delete('link/secret')).toBe(false);
    expect(await files.list('')).toEqual([]);
    expect(await files.list('link')).toEqual([]);
    expect(await outside()).toEqual(['secret']);
  });

  it('does not follow a link to a file, and replaces it when it is written', async () => {
    await symlink(path.join(parent, 'outside', 'secret'), path.join(root, 'link'));
    await expect(files.read('link')).rejects.toMatchObject({ code: 'file_not_found' });
    expect(await files.exists('link')).toBe(false);
    await files.write('link', 'own');
    expect(Buffer.from(await files.read('link')).toString()).toBe('own');
    expect(await readFile(path.join(parent, 'outside', 'secret'), 'utf8')).toBe('secret');
  });

  it('leaves nothing behind of a write that failed', async () => {
    await files.write('a/b', 'x');
    await expect(files.write('a', 'x')).rejects.toThrow();
    expect(await readdir(path.join(root, '.incoming'))).toEqual([]);
  });

  it('removes what a crash left long ago, and nothing that may be under way', async () => {
    const incoming = path.join(root, '.incoming');
    await mkdir(incoming);
    await writeFile(path.join(incoming, 'old'), 'x');
    await writeFile(path.join(incoming, 'new'), 'x');
    await utimes(path.join(incoming, 'old'), 0, 0);
    await files.write('a', 'x');
    expect(await readdir(incoming)).toEqual(['new']);
    expect(await files.list('')).toEqual(['a']);
    await expect(files.read('.incoming/new')).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
