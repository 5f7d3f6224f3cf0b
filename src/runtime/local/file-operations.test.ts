import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../clock.ts';
import { actionSchemas } from '../../events/actions.ts';
import { FileOperations } from './file-operations.ts';

let folder: string;
let workspace: string;
let operations: FileOperations;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convene-test-'));
  workspace = join(folder, 'workspace');
  await mkdir(workspace);
  operations = new FileOperations({
    clock: systemClock,
    workspace,
    maxReadBytes: 1000,
    maxEditBytes: 10_000,
  });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const read = (args: object) => operations.read(actionSchemas.read.parse({ action: 'read', args }));
const write = (args: object) => operations.write(actionSchemas.write.parse({ action: 'write', args }));
const edit = (args: object) => operations.edit(actionSchemas.edit.parse({ action: 'edit', args }));
const put = (name: string, content: string | Uint8Array) => writeFile(join(workspace, name), content);
const get = (name: string) => readFile(join(workspace, name), 'utf8');

describe('read', () => {
  it('answers with the file', async () => {
    await put('a.txt', 'one\ntwo\n');
    expect(await read({ path: 'a.txt' })).toMatchObject({
      observation: 'read',
      content: 'one\ntwo\n',
      extras: { path: 'a.txt' },
    });
  });

  it('answers with the lines that are asked for', async () => {
    await put('a.txt', 'one\ntwo\nthree\nfour');
    expect(await read({ path: 'a.txt', start: 1, end: 3 })).toMatchObject({ content: 'two\nthree\n' });
    expect(await read({ path: 'a.txt', start: 2 })).toMatchObject({ content: 'three\nfour' });
  });

  it('numbers the lines of a view_range, which counts from 1', async () => {
    await put('a.txt', 'one\ntwo\nthree\n');
    expect(await read({ path: 'a.txt', view_range: [2, 3] })).toMatchObject({
      content: '     2\ttwo\n     3\tthree\n',
    });
  });

  it('cuts long files, and says where to read on', async () => {
    await put('a.txt', `${'x'.repeat(99)}\n`.repeat(30));
    const { content } = await read({ path: 'a.txt', start: 5 });
    expect(content).toContain('Read on from line 15');
    expect(content.length).toBeLessThan(1200);
    expect((await read({ path: 'a.txt', start: 25 })).content).toBe(`${'x'.repeat(99)}\n`.repeat(5));
  });

  it('reads the end of a huge file without keeping the rest', async () => {
    await put('a.txt', `${'x'.repeat(99)}\n`.repeat(100_000));
    expect((await read({ path: 'a.txt', start: 99_999 })).content).toBe(`${'x'.repeat(99)}\n`);
  });

  it.each([
    ['a missing file', 'nothing.txt', 'file_not_found'],
    ['a folder', '.', 'invalid_request'],
    ['a path that leads out', '../secret', 'path_outside_workspace'],
    ['a path through a file', 'file/x', 'invalid_request'],
  ])('answers with an error for %s', async (_, path, error_id) => {
    await put('file', '');
    expect(await read({ path })).toMatchObject({ observation: 'error', extras: { error_id } });
  });

  it('does not show binary files', async () => {
    await put('a.bin', Buffer.from([1, 0, 2]));
    expect(await read({ path: 'a.bin' })).toMatchObject({
      observation: 'error',
      content: expect.stringContaining('binary'),
    });
  });

  it('does not wait for a pipe', async () => {
    execFileSync('mkfifo', [join(workspace, 'pipe')]);
    expect(await read({ path: 'pipe' })).toMatchObject({
      observation: 'error',
      content: expect.stringContaining('regular'),
    });
  });
});

describe('write', () => {
  it('makes a file and the folders above it', async () => {
    expect(await write({ path: 'new/deep/a.txt', content: 'hello' })).toMatchObject({ observation: 'write' });
    expect(await get('new/deep/a.txt')).toBe('hello');
  });

  it('replaces a file, keeps its mode and leaves nothing else behind', async () => {
    await put('a.sh', 'old');
    await chmod(join(workspace, 'a.sh'), 0o755);
    await write({ path: '/workspace/a.sh', content: 'new' });
    expect(await get('a.sh')).toBe('new');
    expect((await stat(join(workspace, 'a.sh'))).mode & 0o777).toBe(0o755);
    expect(await readdir(workspace)).toEqual(['a.sh']);
  });

  it('replaces lines', async () => {
    await put('a.txt', 'one\ntwo\nthree\n');
    await write({ path: 'a.txt', content: 'TWO', start: 1, end: 2 });
    expect(await get('a.txt')).toBe('one\nTWO\nthree\n');
  });

  it('writes through a link that stays within, and not through one that leads out', async () => {
    await put('target', 'old');
    await symlink('target', join(workspace, 'inside'));
    await write({ path: 'inside', content: 'new' });
    expect(await get('target')).toBe('new');
    await symlink('../outside', join(workspace, 'link'));
    expect(await write({ path: 'link', content: 'x' })).toMatchObject({
      extras: { error_id: 'path_outside_workspace' },
    });
    await expect(stat(join(folder, 'outside'))).rejects.toThrow('ENOENT');
  });

  it('does not replace a folder', async () => {
    await mkdir(join(workspace, 'sub'));
    expect(await write({ path: 'sub', content: 'x' })).toMatchObject({ observation: 'error' });
  });
});

describe('edit', () => {
  it('views a file with line numbers', async () => {
    await put('a.txt', 'one\ntwo\n');
    expect(await edit({ command: 'view', path: 'a.txt' })).toMatchObject({
      observation: 'read',
      content: '     1\tone\n     2\ttwo\n',
    });
    expect(await edit({ command: 'view', path: 'a.txt', view_range: [2, -1] })).toMatchObject({
      content: '     2\ttwo\n',
    });
  });

  it('views a folder two levels deep', async () => {
    await mkdir(join(workspace, 'a/b/c'), { recursive: true });
    await put('a/x', '');
    await put('.hidden', '');
    const { content } = await edit({ command: 'view', path: '.' });
    expect(content.split('\n').slice(1)).toEqual(['a/', 'a/b/', 'a/x', '']);
  });

  it('creates a file, but not over another', async () => {
    expect(await edit({ command: 'create', path: 'a.txt', file_text: 'x\n' })).toMatchObject({
      observation: 'edit',
      extras: {
        prev_exist: false,
        old_content: null,
        new_content: 'x\n',
        diff: expect.stringContaining('+x'),
      },
    });
    expect(await edit({ command: 'create', path: 'a.txt', file_text: 'y' })).toMatchObject({
      observation: 'error',
    });
    expect(await get('a.txt')).toBe('x\n');
  });

  it('replaces text, shows it, and gives old, new and difference', async () => {
    await put('a.txt', 'one\ntwo\nthree\n');
    expect(await edit({ command: 'str_replace', path: 'a.txt', old_str: 'two', new_str: '2' })).toMatchObject(
      {
        observation: 'edit',
        content: expect.stringContaining('     2\t2\n'),
        extras: {
          prev_exist: true,
          old_content: 'one\ntwo\nthree\n',
          new_content: 'one\n2\nthree\n',
          diff: '--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n',
        },
      },
    );
    expect(await get('a.txt')).toBe('one\n2\nthree\n');
  });

  it('inserts lines', async () => {
    await put('a.txt', 'one\nthree\n');
    await edit({ command: 'insert', path: 'a.txt', insert_line: 1, new_str: 'two' });
    expect(await get('a.txt')).toBe('one\ntwo\nthree\n');
  });

  it('takes edits back, the last one first', async () => {
    await put('a.txt', '1');
    await edit({ command: 'str_replace', path: 'a.txt', old_str: '1', new_str: '2' });
    await edit({ command: 'str_replace', path: 'a.txt', old_str: '2', new_str: '3' });
    expect(await edit({ command: 'undo_edit', path: 'a.txt' })).toMatchObject({
      extras: { old_content: '3', new_content: '2' },
    });
    await edit({ command: 'undo_edit', path: 'a.txt' });
    expect(await get('a.txt')).toBe('1');
    expect(await edit({ command: 'undo_edit', path: 'a.txt' })).toMatchObject({ observation: 'error' });
  });

  it('keeps line ends and a byte order mark', async () => {
    await put('a.txt', '\u{feff}one\r\ntwo\r\n');
    await edit({ command: 'str_replace', path: 'a.txt', old_str: 'two', new_str: '2' });
    expect(await get('a.txt')).toBe('\u{feff}one\r\n2\r\n');
  });

  it.each([
    ['without old_str', { command: 'str_replace', path: 'a.txt' }, 'old_str is missing'],
    ['with an unknown command', { command: 'destroy', path: 'a.txt' }, 'Unknown edit command'],
    ['of a missing file', { command: 'insert', path: 'b.txt', insert_line: 0, new_str: '' }, 'no file'],
    ['of a path that leads out', { command: 'create', path: '/etc/x', file_text: '' }, 'leads out'],
    [
      'with text that is not there',
      { command: 'str_replace', path: 'a.txt', old_str: 'x' },
      'does not occur',
    ],
  ])('refuses an edit %s', async (_, args, reason) => {
    await put('a.txt', 'a');
    expect(await edit(args)).toMatchObject({
      observation: 'error',
      content: expect.stringContaining(reason),
    });
    expect(await get('a.txt')).toBe('a');
  });

  it('does not damage what is no UTF-8, and does not log what is too large', async () => {
    await put('latin1', Buffer.from([0x61, 0xe9]));
    await put('large', 'x'.repeat(10_001));
    const attempt = (path: string) => edit({ command: 'insert', path, insert_line: 0, new_str: 'x' });
    expect(await attempt('latin1')).toMatchObject({
      observation: 'error',
      content: expect.stringContaining('UTF-8'),
    });
    expect(await attempt('large')).toMatchObject({
      observation: 'error',
      extras: { error_id: 'payload_too_large' },
    });
  });
});
