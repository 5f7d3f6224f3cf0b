/** The suite that every `FileStore` passes. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileStore } from '../../src/store/file-store.ts';

export interface FileStoreUnderTest {
  readonly files: FileStore;
  /** Removes what was made. */
  close(): Promise<void>;
}

export function fileStoreConformance(name: string, create: () => Promise<FileStoreUnderTest>): void {
  describe(`FileStore: ${name}`, () => {
    let under: FileStoreUnderTest;
    let files: FileStore;

    beforeEach(async () => {
      under = await create();
      files = under.files;
    });
    afterEach(() => under.close());

    const text = async (key: string) => Buffer.from(await files.read(key)).toString('utf8');

    it('gives back what was written', async () => {
      await files.write('a', 'first');
      await files.write('deep/er/b.txt', 'ünï \u0000 \n');
      expect(await text('a')).toBe('first');
      expect(await text('deep/er/b.txt')).toBe('ünï \u0000 \n');
      await files.write('a', 'second');
      expect(await text('a')).toBe('second');
    });

    it('gives back any bytes', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
          await files.write('bytes', bytes);
          expect(Buffer.compare(await files.read('bytes'), bytes)).toBe(0);
        }),
        { numRuns: 20 },
      );
    });

    it('keeps what was written apart from what the caller does with it', async () => {
      const bytes = Uint8Array.of(1, 2, 3);
      await files.write('a', bytes);
      bytes[0] = 9;
      const read = await files.read('a');
      expect([...read]).toEqual([1, 2, 3]);
      read[0] = 9;
      expect([...(await files.read('a'))]).toEqual([1, 2, 3]);
    });

    it('takes large files', async () => {
      const large = new Uint8Array(20_000_000).fill(7);
      await files.write('large', large);
      expect(Buffer.compare(await files.read('large'), large)).toBe(0);
    });

    it('has the whole of one of many writes at once', async () => {
      const contents = Array.from({ length: 20 }, (_, n) => String(n).repeat(50_000));
      await Promise.all(contents.map((content) => files.write('same', content)));
      expect(contents).toContain(await text('same'));
    });

    it('shows readers the old content or the new one, never a part', async () => {
      const contents = ['a'.repeat(300_000), 'b'.repeat(400_000)];
      await files.write('same', contents[0] ?? '');
      const writes = Array.from({ length: 20 }, (_, n) => files.write('same', contents[n % 2] ?? ''));
      const reads = Array.from({ length: 40 }, () => text('same'));
      for (const read of await Promise.all(reads)) expect(contents.includes(read)).toBe(true);
      await Promise.all(writes);
    });

    it('tells that a file does not exist', async () => {
      await files.write('folder/file', 'x');
      for (const key of ['nothing', 'folder', 'folder/nothing', 'folder/file/below']) {
        await expect(files.read(key)).rejects.toMatchObject({ code: 'file_not_found', details: { key } });
        expect(await files.exists(key)).toBe(false);
        expect(await files.delete(key)).toBe(false);
      }
      expect(await files.exists('folder/file')).toBe(true);
    });

    it('deletes once', async () => {
      await files.write('folder/a', 'x');
      await files.write('folder/b', 'x');
      expect(await files.delete('folder/a')).toBe(true);
      expect(await files.delete('folder/a')).toBe(false);
      expect(await files.exists('folder/a')).toBe(false);
      expect(await files.list('folder')).toEqual(['folder/b']);
      await files.delete('folder/b');
      await files.write('folder', 'now a file');
      expect(await text('folder')).toBe('now a file');
    });

    it('lists what is below a folder, sorted', async () => {
      const keys = ['b', 'a/2', 'a/1', 'a/b/c', 'a/B', 'ab/x', 'a.txt', 'ä/ö', '.hidden/x'];
      for (const key of keys) await files.write(key, key);
      expect(await files.list('')).toEqual(keys.toSorted());
      expect(await files.list('a')).toEqual(['a/1', 'a/2', 'a/B', 'a/b/c']);
      expect(await files.list('a/b')).toEqual(['a/b/c']);
      expect(await files.list('b')).toEqual([]);
      expect(await files.list('nothing')).toEqual([]);
    });

    it('is empty at first', async () => {
      expect(await files.list('')).toEqual([]);
    });

    it('lets a key be a file or a folder, not both', async () => {
      await files.write('a/b', 'x');
      await expect(files.write('a', 'x')).rejects.toMatchObject({ code: 'invalid_request' });
      await expect(files.write('a/b/c', 'x')).rejects.toMatchObject({ code: 'invalid_request' });
      expect(await files.list('')).toEqual(['a/b']);
    });

    it('keeps writing where others delete', async () => {
      const rounds = Array.from({ length: 30 }, (_, n) => n);
      await Promise.all(
        rounds.map(async (n) => {
          await files.write(`shared/deep/${n}`, 'x');
          expect(await files.delete(`shared/deep/${n}`)).toBe(true);
        }),
      );
      expect(await files.list('')).toEqual([]);
    });

    it.each([
      '',
      '/',
      '/a',
      'a/',
      'a//b',
      '.',
      '..',
      'a/./b',
      'a/../b',
      '../a',
      'a\\b',
      '..\\a',
      'a\0',
      'a/\ud800',
      'x'.repeat(256),
      'é'.repeat(128),
      Array.from({ length: 513 }, () => 'a').join('/'),
    ])('refuses the key %j', async (key) => {
      const refusal = { code: 'invalid_request' };
      await expect(files.read(key)).rejects.toMatchObject(refusal);
      await expect(files.write(key, 'x')).rejects.toMatchObject(refusal);
      await expect(files.exists(key)).rejects.toMatchObject(refusal);
      await expect(files.delete(key)).rejects.toMatchObject(refusal);
      if (key !== '') await expect(files.list(key)).rejects.toMatchObject(refusal);
      expect(await files.list('')).toEqual([]);
    });

    it.each(['...', '.a', 'a b', '-', '~', '%2e%2e', 'CON', '$HOME', "a'b", 'x'.repeat(255)])(
      'takes the key %j',
      async (key) => {
        await files.write(`folder/${key}`, 'x');
        expect(await files.list('')).toEqual([`folder/${key}`]);
        expect(await text(`folder/${key}`)).toBe('x');
      },
    );
  });
}
