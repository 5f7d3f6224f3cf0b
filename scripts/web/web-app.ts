/** The web app of these sources, built when it is needed. */
import { execFile } from 'node:child_process';
import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');
const page = join(root, 'dist/web/index.html');
const vite = join(root, 'node_modules/vite/bin/vite.js');
const sources = ['web', 'src/client', 'src/events', 'package-lock.json'];
const BUILD_MS = 120_000;

/** Without Vite (an installation without development's dependencies), `/` only says that the server runs. */
export async function ensureWebApp(): Promise<void> {
  if ((await changedAt(page)) > (await newestSource())) return;
  try {
    await access(vite);
  } catch {
    process.stderr.write('The web app is not built: that needs the development dependencies (npm ci).\n');
    return;
  }
  const startedAt = performance.now();
  await promisify(execFile)(process.execPath, [vite, 'build', 'web', '--logLevel', 'warn'], {
    cwd: root,
    timeout: BUILD_MS,
  });
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  process.stdout.write(`The web app was built in ${seconds} s.\n`);
}

async function newestSource(): Promise<number> {
  const times = await Promise.all(
    sources.map(async (source) => {
      const path = join(root, source);
      const names = (await stat(path)).isDirectory() ? await readdir(path, { recursive: true }) : [];
      return Math.max(
        ...(await Promise.all([path, ...names.map((name) => join(path, name))].map(changedAt))),
      );
    }),
  );
  return Math.max(...times);
}

/** 0 where there is nothing. */
async function changedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return 0;
  }
}
