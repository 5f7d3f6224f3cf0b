/** What cleaners of temporary files do to a shell that lives long: its private folder is gone, in whole or in part. */
import { chmod, mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isError } from '../../errors.ts';
import { type Fixture, openFixture } from './fixture.ts';
import { files } from './shell-script.ts';

/** The private folder of the agent's shell. */
async function privateFolder(own: Fixture): Promise<string> {
  return dirname((await own.run('readlink /proc/self/fd/0')).content);
}

describe('a shell whose private folder was removed', () => {
  it.each([
    ['as a whole', (folder: string) => folder],
    ['with that of the server', (folder: string) => dirname(folder)],
    ['but for its run script', (folder: string) => join(folder, files.run)],
    ['but for the file of commands', (folder: string) => join(folder, files.command)],
    ['but for its control pipe', (folder: string) => join(folder, files.control)],
    ['but for its input', (folder: string) => join(folder, files.input)],
    ['but for its output', (folder: string) => join(folder, files.output)],
  ])('%s executes the next command all the same, and tells that it was replaced', async (_what, removed) => {
    await using own = await openFixture();
    const folder = await privateFolder(own);
    await own.run('mkdir sub; cd sub; export WORD=kept; other=lost');
    await rm(removed(folder), { recursive: true });
    const { content, extras } = await own.run('basename "$PWD"; echo "$WORD <$other>"; (exit 7)');
    expect(content).toBe('sub\nkept <>');
    expect(extras.metadata).toMatchObject({
      exit_code: 7,
      prefix: expect.stringContaining('a new shell was started'),
    });
    const next = await own.run('read -r x; echo "got $x"', { timeout: 0.05 });
    expect(next.extras.metadata).toMatchObject({ exit_code: -1, prefix: '' });
    expect((await own.run('hello', { input: true, timeout: 5 })).content).toBe('got hello');
  });

  it('does not use what somebody else has put in its place', async () => {
    await using own = await openFixture();
    const folder = await privateFolder(own);
    await rm(folder, { recursive: true });
    await mkdir(folder);
    await writeFile(join(folder, files.run), 'touch intruded');
    expect((await own.run('ls')).content).toBe('');

    const outer = dirname(folder);
    await rm(outer, { recursive: true });
    await mkdir(outer);
    await chmod(outer, 0o777);
    await expect(own.run('ls')).rejects.toSatisfy((error) => isError(error, 'runtime_unavailable'));
  });

  it('never answers for a command that it could not load', async () => {
    await using own = await openFixture();
    const folder = await privateFolder(own);
    await truncate(join(folder, files.run));
    expect(await own.run('touch executed')).toMatchObject({
      content: '',
      success: false,
      extras: { metadata: { exit_code: -1, suffix: expect.stringContaining('NOT executed') } },
    });
    await rm(folder, { recursive: true });
    expect((await own.run('ls')).content).toBe('');
  });
});
