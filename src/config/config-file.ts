/** The configuration file: a JSON object of known keys. What its values are worth is for the loader to say. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConveneError } from '../errors.ts';
import { isConfigKey } from './options.ts';

const CONFIG_FILE = 'convene.json';
const FILE_VARIABLE = 'CONVENE_CONFIG';

interface FileSources {
  readonly flags?: { readonly config?: unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly readFile?: (path: string) => string | null;
}

export interface ConfigFile {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * The file that the flag names, else the one that the variable names, else `convene.json` where there is one.
 * Throws `invalid_config`.
 */
export function readConfigFile({ flags, env, cwd, readFile = readIfThere }: FileSources): ConfigFile | null {
  const chosen = flags?.config === undefined ? env[FILE_VARIABLE]?.trim() : String(flags.config);
  const path = resolve(cwd, chosen || CONFIG_FILE);
  const text = readFile(path);
  if (text === null) {
    if (!chosen) return null;
    throw new ConveneError('invalid_config', `There is no configuration file ${path}.`, {
      details: { file: path },
    });
  }
  let values: unknown;
  try {
    values = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new ConveneError('invalid_config', `${path} is not JSON.`, { cause, details: { file: path } });
  }
  if (!isObject(values)) {
    throw new ConveneError('invalid_config', `${path} must hold a JSON object.`, { details: { file: path } });
  }
  const unknown = Object.keys(values).filter((key) => !isConfigKey(key));
  if (unknown.length > 0) {
    const message = `${path} has unknown keys: ${unknown.join(', ')}. See docs/configuration.md.`;
    throw new ConveneError('invalid_config', message, { details: { file: path, unknown } });
  }
  return { path, values };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new ConveneError('invalid_config', `The configuration file ${path} can't be read.`, {
      cause: error,
    });
  }
}
