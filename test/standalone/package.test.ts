/** The package as npm would publish it, in a folder of its own: its entries, its types, the examples, the docs. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerProcess } from './harness/server-process.ts';
import { TemporaryFolder } from './harness/temporary-folder.ts';
import { until } from './harness/until.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const TIMEOUT_MS = 60_000;

let folder: TemporaryFolder;

/** Packs, unpacks, and puts what the package depends on beside it, as an installation would. */
beforeAll(async () => {
  folder = await TemporaryFolder.make();
  const packed = await run('npm', ['pack', '--json', '--pack-destination', folder.path], { cwd: root });
  expect(packed.stdout).toContain('dist/client/index.js');
  const [tarball = ''] = (await readdir(folder.path)).filter((name) => name.endsWith('.tgz'));
  await mkdir(folder.file('node_modules/convene'), { recursive: true });
  const unpacking = [
    '-xzf',
    folder.file(tarball),
    '-C',
    folder.file('node_modules/convene'),
    '--strip-components=1',
  ];
  await run('tar', unpacking);
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (name !== 'convene')
      await symlink(join(root, 'node_modules', name), folder.file(`node_modules/${name}`));
  }
  await writeFile(folder.file('package.json'), JSON.stringify({ type: 'module', private: true }));
  for (const name of await examples()) await copyFile(join(root, 'examples', name), folder.file(name));
  for (const [index, text] of (await documented()).entries())
    await writeFile(folder.file(`docs-${index}.ts`), text);
}, TIMEOUT_MS);

afterAll(() => folder[Symbol.asyncDispose]());

/** The programs; a folder is something to run by other means. */
async function examples(): Promise<string[]> {
  return (await readdir(join(root, 'examples'))).filter((name) => name.endsWith('.ts'));
}

/** The programs of docs/testing.md. */
async function documented(): Promise<string[]> {
  const page = await readFile(join(root, 'docs/testing.md'), 'utf8');
  return [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
}

/** What a program of the folder wrote. Rejects where it fails. */
async function output(file: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [file, ...args], { cwd: folder.path, timeout: 20_000 });
  return stdout;
}

it('has three entries, which plain JavaScript can import', async () => {
  const program = `
    import * as whole from 'convene';
    import * as client from 'convene/client';
    import * as testing from 'convene/testing';
    console.log(typeof whole.createManager, typeof client.ConveneClient, typeof testing.memoryManager);
  `;
  await writeFile(folder.file('entries.mjs'), program);
  expect(await output('entries.mjs')).toBe('function function function\n');
});

it('has the web app, as it is for users, where its server looks for it', async () => {
  const program = `
    import { readdir, readFile } from 'node:fs/promises';
    import { builtWebApp } from './node_modules/convene/dist/server/http/web-app.js';
    const folder = await builtWebApp();
    const names = await readdir(folder + '/assets');
    const scripts = names.filter((name) => name.endsWith('.js'));
    const texts = await Promise.all(scripts.map((name) => readFile(folder + '/assets/' + name, 'utf8')));
    console.log(folder.endsWith('convene/dist/web'), scripts.some((name) => names.includes(name + '.br')));
    console.log(texts.some((text) => text.includes('react-dom-client.development')));
  `;
  await writeFile(folder.file('web-app.mjs'), program);
  expect(await output('web-app.mjs')).toBe('true true\nfalse\n');
});

it('has a command', async () => {
  expect(await output('node_modules/convene/dist/cli/main.js', '--help')).toContain('serve');
});

it(
  'has types that strict programs can be checked with: the examples, and those of the docs',
  async () => {
    const compilerOptions = {
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable', 'esnext.collection', 'dom'],
      types: ['node'],
      module: 'nodenext',
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      erasableSyntaxOnly: true,
      skipLibCheck: true,
    };
    await writeFile(folder.file('tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    const checked = await run(process.execPath, [join(root, 'node_modules/.bin/tsc')], {
      cwd: folder.path,
    }).catch((error: unknown) => Object(error));
    expect(String(checked.stdout)).toBe('');
  },
  TIMEOUT_MS,
);

describe('of the examples', () => {
  it('the ten-line agent answers', async () => {
    expect(await output('ten-line-agent.ts')).toContain('You said: Hello');
  });

  it('the agent on the AI SDK says what the model says', async () => {
    expect(await output('ai-sdk-agent.ts')).toContain('Hello from the model.');
  });

  it('the client shows what the agent of a server does', async () => {
    await using server = await ServerProcess.start({ dataDir: folder.file('data') });
    expect(await output('client.ts', server.url, '$ echo it $((40 + 2))')).toContain('agent it 42');
  });

  it('the app on Fastify keeps its routes, asks the agent, and ends when it is told to', async () => {
    const app = spawn(process.execPath, ['embed-in-fastify.ts'], { cwd: folder.path });
    const ended = once(app, 'close');
    try {
      const url = await firstLine(app);
      expect(await (await fetch(url)).text()).toBe('The app that was here before.');
      const answer = await (await fetch(`${url}/ask?question=Hello`)).json();
      expect(answer).toMatchObject({ answer: 'You said: Hello' });
      app.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
    } finally {
      app.kill('SIGKILL');
    }
  });

  it('none is left out', async () => {
    expect(await examples()).toEqual([
      'ai-sdk-agent.ts',
      'answer-in.ts',
      'client.ts',
      'embed-in-fastify.ts',
      'ten-line-agent.ts',
    ]);
  });
});

it('runs every example of docs/testing.md', async () => {
  const programs = await documented();
  expect(programs).toHaveLength(3);
  for (const index of programs.keys()) await output(`docs-${index}.ts`);
});

function firstLine(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return until('it listens', () => /^(\S+)\n/.exec(text)?.[1]);
}
