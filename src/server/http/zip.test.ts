import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Workspace, WorkspaceFile } from '../../runtime/workspace.ts';
import { zipOf } from './zip.ts';

const noise = Buffer.from(Array.from({ length: 8_000 }, (_, at) => (at * at * 31 + at * 7) % 251));

/** As many small files as are asked for; says how many were opened. */
function manyFiles(count: number, open: () => Promise<Readable> = async () => Readable.from([noise])) {
  const seen = { opened: 0 };
  async function* files(): AsyncGenerator<WorkspaceFile> {
    for (let at = 0; at < count; at += 1)
      yield {
        path: `${at}.bin`,
        mode: 0o100644,
        modifiedAt: new Date(0),
        open: () => {
          seen.opened += 1;
          return open();
        },
      };
  }
  const refuse = (): never => {
    throw new Error('not in this test');
  };
  const workspace: Workspace = { files, list: refuse, readText: refuse, readBytes: refuse, write: refuse };
  return { seen, workspace };
}

function fail(error: unknown): void {
  throw error;
}

/** Lets everything go on that waits for nothing from outside. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 2_000; turn += 1) await setImmediate();
}

it('small files wait for whoever reads the zip', async () => {
  const { seen, workspace } = manyFiles(2_000);
  const zip = zipOf(workspace, fail);
  await settle();
  expect(seen.opened).toBeLessThan(200);
  expect((await buffer(zip)).subarray(0, 2).toString()).toBe('PK');
  expect(seen.opened).toBe(2_000);
});

it('a reader that goes away while a file is being opened leaves nothing open', async () => {
  const opening = Promise.withResolvers<Readable>();
  const { seen, workspace } = manyFiles(10, () => opening.promise);
  const zip = zipOf(workspace, fail);
  await settle();
  zip.destroy();
  await settle();
  const source = new PassThrough();
  opening.resolve(source);
  await settle();
  expect(source.destroyed).toBe(true);
  expect(seen.opened).toBe(1);
});
