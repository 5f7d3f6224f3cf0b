/**
 * The server's secret key: from the configuration, else from `secret.key` in the data folder, which is made (mode
 * 0600) where it is missing. What is sealed with it can be read with no other: keep it with the backups, apart.
 */
import { randomBytes } from 'node:crypto';
import { chmod, link, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { ConveneError } from '../errors.ts';

const secretKeyFile = 'secret.key';

/**
 * @param configured `CONVENE_SECRET_KEY`: 64 hex digits. Throws `invalid_config` for anything else.
 * @param dataDir An existing folder.
 */
export async function secretKey(dataDir: string, configured?: string): Promise<Uint8Array> {
  if (configured !== undefined && configured !== '') return parseKey(configured, 'CONVENE_SECRET_KEY');
  const file = path.join(dataDir, secretKeyFile);
  const stored = (await readKey(file)) ?? (await makeKey(file));
  return parseKey(stored, file);
}

async function readKey(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw new ConveneError('invalid_config', `The secret key in ${file} cannot be read.`, { cause: error });
  }
}

/** Two servers that start at once agree on one key: the link is made by one of them only. */
async function makeKey(file: string): Promise<string> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    {
      await using handle = await open(temporary, 'wx', 0o600);
      await handle.writeFile(`${randomBytes(32).toString('hex')}\n`);
      await handle.sync();
    }
    await chmod(temporary, 0o600);
    try {
      await link(temporary, file);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  } finally {
    await rm(temporary, { force: true });
  }
  await using folder = await open(path.dirname(file), 'r');
  await folder.sync();
  return readFile(file, 'utf8');
}

function parseKey(text: string, where: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/i.test(text.trim())) {
    throw new ConveneError('invalid_config', `${where} must have 64 hex digits (32 bytes).`);
  }
  return new Uint8Array(Buffer.from(text.trim(), 'hex'));
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
