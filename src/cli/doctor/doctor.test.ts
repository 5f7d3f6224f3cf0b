import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDataDir } from '../../store/data-lock.ts';
import { FileSettingsStore } from '../../store/file-settings-store.ts';
import { LocalFileStore } from '../../store/local-file-store.ts';
import { secretKey } from '../../store/secret-key.ts';
import { defaultSettings } from '../../store/settings.ts';
import { SqliteEventStore } from '../../store/sqlite/sqlite-event-store.ts';
import { MockLlm, type MockReply } from '../../testing/mock-llm.ts';
import { renderChecks } from './check.ts';
import { checkDisk, checkLock } from './check-disk.ts';
import { checkLlm } from './check-llm.ts';
import { checkNode, checkTools } from './check-machine.ts';
import { checkPort } from './check-port.ts';
import { checkSettings } from './check-settings.ts';
import { checkStore } from './check-store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'convene-doctor-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the machine', () => {
  it.each([
    ['22.12.0', 'linux', 'broken'],
    ['22.13.0', 'linux', 'ok'],
    ['24.1.0', 'darwin', 'ok'],
    ['24.1.0', 'win32', 'broken'],
  ])('Node.js %s on %s is %s', (version, platform, status) => {
    expect(checkNode(version, platform)).toMatchObject({ status });
  });

  it('needs bash, and can do without git', async () => {
    const missing = await checkTools(folder);
    expect(missing.find(({ name }) => name === 'bash')).toMatchObject({
      status: 'broken',
      found: 'not found',
    });
    expect(missing.find(({ name }) => name === 'git')).toMatchObject({ status: 'warning' });
    expect((await checkTools()).find(({ name }) => name === 'bash')).toMatchObject({ status: 'ok' });
  });
});

describe('the data folder', () => {
  it('is written to, and left as it was', async () => {
    const [data, space] = await checkDisk(folder);
    expect(data).toMatchObject({ found: expect.stringContaining('can be written') });
    expect(space).toMatchObject({ found: expect.stringContaining('GB free') });
    expect(await readdir(folder)).toEqual([]);
  });

  it('need not be there yet, and must be none that is a file', async () => {
    const [missing] = await checkDisk(path.join(folder, 'a/b'));
    expect(missing).toMatchObject({ found: expect.stringContaining('will be made') });
    await writeFile(path.join(folder, 'file'), '');
    expect((await checkDisk(path.join(folder, 'file/data')))[0]).toMatchObject({ status: 'broken' });
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('tells which server uses it', async () => {
    expect(await checkLock(folder)).toMatchObject({ isHeld: false });
    using _lock = await lockDataDir(folder);
    const { check, isHeld } = await checkLock(folder);
    expect(isHeld).toBe(true);
    expect(check.found).toContain(String(process.pid));
  });
});

describe('the store', () => {
  it('is sound, or there is none, or it is damaged', async () => {
    const file = path.join(folder, 'convene.db');
    expect(await checkStore(folder)).toMatchObject({
      status: 'ok',
      found: expect.stringContaining('none yet'),
    });
    {
      await using store = new SqliteEventStore({ file });
      await store.open();
    }
    expect(await checkStore(folder)).toMatchObject({
      status: 'ok',
      found: expect.stringMatching(/^0 conv.*sound/),
    });
    await writeFile(file, 'no database at all, but long enough to be one '.repeat(100));
    expect(await checkStore(folder)).toMatchObject({ status: 'broken' });
  });
});

describe('the port', () => {
  it('is free, or in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    expect(await checkPort('127.0.0.1', port, false)).toMatchObject({
      status: 'broken',
      mend: expect.stringContaining('--port'),
    });
    expect(await checkPort('127.0.0.1', port, true)).toMatchObject({ status: 'ok' });
    other.close();
    await once(other, 'close');
    expect(await checkPort('127.0.0.1', port, false)).toMatchObject({ status: 'ok' });
  });
});

describe('the settings', () => {
  it('are none, or can be opened, or were stored under another key', async () => {
    const dataDir = path.join(folder, 'data');
    const config = { dataDir, secretKey: null };
    expect(await checkSettings(config)).toMatchObject({ check: { status: 'ok' }, settings: null });
    await mkdir(dataDir);
    const files = new LocalFileStore(path.join(dataDir, 'files'));
    const settings = { ...defaultSettings, llm_model: 'openai/b' };
    await new FileSettingsStore(files, await secretKey(dataDir)).save('', settings);
    expect(await checkSettings(config)).toMatchObject({ check: { status: 'ok' }, settings });
    const other = { dataDir, secretKey: 'ab'.repeat(32) };
    expect(await checkSettings(other)).toMatchObject({ check: { status: 'broken' }, settings: null });
  });
});

describe('the language model', () => {
  const key = 'sk-very-secret';

  async function asked(script: MockReply[], model = 'openai/mock') {
    await using llm = await MockLlm.start(script);
    const config = { llmModel: model, llmApiKey: key, llmBaseUrl: llm.url };
    return { check: await checkLlm({ config, settings: null }), requests: llm.requests.length };
  }

  it.each(['openai/mock', 'anthropic/mock'])('answers one small request: %s', async (model) => {
    expect(await asked([{ text: 'ok' }], model)).toMatchObject({ check: { status: 'ok' }, requests: 1 });
  });

  it.each([
    [401, 'broken', 'LLM_API_KEY'],
    [402, 'broken', 'credit'],
    [404, 'broken', 'name of the model'],
    [429, 'warning', 'wait'],
    [503, 'broken', 'later'],
  ])('refuses with status %i: what to do is said, and no key', async (status, expected, mend) => {
    const { check, requests } = await asked([{ status, body: { error: { message: 'no' } } }]);
    expect(check).toMatchObject({ status: expected, mend: expect.stringContaining(mend) });
    expect(JSON.stringify(check)).not.toContain(key);
    expect(requests).toBe(1);
  });

  it('is not there, or is not needed, or is one of the settings', async () => {
    const nowhere = { llmModel: 'openai/gpt-x', llmApiKey: null, llmBaseUrl: 'http://127.0.0.1:9' };
    expect(await checkLlm({ config: nowhere, settings: null })).toMatchObject({
      status: 'broken',
      mend: expect.stringContaining('network'),
    });
    expect(await checkLlm({ config: { ...nowhere, llmModel: null }, settings: null })).toMatchObject({
      status: 'ok',
    });
    const config = { llmModel: null, llmApiKey: null, llmBaseUrl: null };
    const settings = { ...defaultSettings, llm_model: 'who/knows' };
    expect(await checkLlm({ config, settings })).toMatchObject({
      status: 'broken',
      found: expect.stringContaining('who/knows'),
    });
  });
});

it('what is found is shown line by line, with what to do', () => {
  const checks = [
    { name: 'a', status: 'ok', found: 'fine' },
    { name: 'bcd', status: 'broken', found: 'not fine', mend: 'Do it.' },
  ] as const;
  expect(renderChecks(checks)).toBe(
    [
      'ok       a    fine',
      'broken   bcd  not fine',
      '              → Do it.',
      '',
      'Something that is needed is broken.',
      '',
    ].join('\n'),
  );
});
