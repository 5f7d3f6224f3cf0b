/** Finds the programs of PostgreSQL and Redis on this machine, and installs them where that is allowed. */
import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import path from 'node:path';
import { run } from './server-process.ts';

const INSTALL_WITHIN_MS = 300_000;
const places = ['/usr/local/bin', '/usr/bin', '/opt/homebrew/bin', '/usr/local/opt/postgresql/bin'];

/** The path of `program`. `debianPackage` is installed with apt where it is missing, on Debian and Ubuntu, by root. */
export async function programOf(program: string, debianPackage: string): Promise<string> {
  const found = await find(program);
  if (found !== null) return found;
  await install(program, debianPackage);
  const installed = await find(program);
  if (installed === null) throw new Error(`${debianPackage} is installed, and there is no ${program}.`);
  return installed;
}

async function find(program: string): Promise<string | null> {
  const folders = [
    ...(process.env['PATH'] ?? '').split(path.delimiter),
    ...places,
    ...(await debianFolders()),
  ];
  for (const folder of folders) {
    const file = path.join(folder, program);
    if (folder !== '' && (await isExecutable(file))) return file;
  }
  return null;
}

/** Debian keeps each version of PostgreSQL in a folder of its own, which is not on the path. The newest first. */
async function debianFolders(): Promise<string[]> {
  const root = '/usr/lib/postgresql';
  const versions = await readdir(root).catch(() => []);
  return versions
    .sort((left, right) => Number(right) - Number(left))
    .map((version) => path.join(root, version, 'bin'));
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function install(program: string, debianPackage: string): Promise<void> {
  const hasApt = await isExecutable('/usr/bin/apt-get');
  if (!hasApt || process.getuid?.() !== 0) {
    throw new Error(
      `There is no ${program}: install it (on Debian and Ubuntu: apt-get install ${debianPackage}).`,
    );
  }
  // Two test files may come here at once: apt lets one wait. In run level 1 nothing is started after its installation.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const options = { env, timeout: INSTALL_WITHIN_MS, maxBuffer: 64e6 };
  const wait = ['-o', 'DPkg::Lock::Timeout=240'];
  await run('apt-get', [...wait, 'update'], options);
  await run('apt-get', [...wait, 'install', '-y', '--no-install-recommends', debianPackage], options);
}
