import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LocalHeldWorkspaces } from './local-held-workspaces.ts';
import { LocalRuntimeProvider } from './local-runtime.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convene-held-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('knows the epoch of the last loop, also after a restart', async () => {
  const held = new LocalHeldWorkspaces(join(folder, 'workspaces'));
  expect(await held.epochOf('a')).toBeNull();
  await held.hold('a', 1);
  await held.hold('a', 12);
  await held.hold('b', 3);
  const again = new LocalHeldWorkspaces(join(folder, 'workspaces'));
  expect([await again.epochOf('a'), await again.epochOf('b')]).toEqual([12, 3]);
});

it('forgets a conversation whose workspace is removed', async () => {
  const held = new LocalHeldWorkspaces(folder);
  await held.hold('a', 1);
  await using runtimes = new LocalRuntimeProvider({ folder });
  await runtimes.remove('a');
  expect(await held.epochOf('a')).toBeNull();
});
