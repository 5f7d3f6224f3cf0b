/**
 * Loads the configuration, once and whole: defaults, then a JSON file, then the environment, then flags, the
 * later winning. Nothing else in the server reads the environment.
 */
import { resolve } from 'node:path';
import { ConveneError } from '../errors.ts';
import { type ConfigFile, readConfigFile } from './config-file.ts';
import { isLoopback } from './loopback.ts';
import {
  type ConfigKey,
  type ConfigOption,
  type ConfigValues,
  configKeys,
  configOption,
  type OptionType,
} from './options.ts';

/** Every key, valid. Paths are absolute. */
export interface Config extends ConfigValues {
  readonly workspaceDir: string;
}

/** Where a value came from. */
export type Origin = 'default' | 'file' | 'env' | 'flag';

export interface LoadedConfig {
  readonly config: Config;
  readonly origins: Readonly<Record<ConfigKey, Origin>>;
  /** The same for people, such as `environment variable PORT`. */
  readonly sources: Readonly<Record<ConfigKey, string>>;
}

/** Flags by key, as a parser of command lines gives them: text, or true and false. Undefined: not given. */
export type ConfigFlags = {
  readonly [Key in ConfigKey | 'config']?: string | number | boolean | readonly string[] | undefined;
};

export interface ConfigSources {
  readonly flags?: ConfigFlags;
  /** As `process.env`. An empty variable counts as not set. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What relative paths are relative to; `convene.json` is looked for there. */
  readonly cwd: string;
  /** The text of a file, or null where there is none. @default the file system */
  readonly readFile?: (path: string) => string | null;
}

/** A value before it is checked, and what to call its source. */
interface Found {
  readonly value: unknown;
  readonly origin: Exclude<Origin, 'default'>;
  readonly source: string;
}

interface Problem {
  readonly key: ConfigKey;
  readonly source: string;
  readonly expected: string;
  /** The value, as a message may show it. */
  readonly shown: string;
}

/**
 * Throws `invalid_config`; the message names each wrong key, where its value stands and what is expected, and
 * `details.problems` has the same as data. The values of secrets are in neither.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const file = readConfigFile(sources);
  const values: Partial<ConfigValues> = {};
  const origins: Partial<Record<ConfigKey, Origin>> = {};
  const named: Partial<Record<ConfigKey, string>> = {};
  const problems: Problem[] = [];
  for (const key of configKeys) {
    const option = configOption(key);
    const found = find(option, sources, file);
    origins[key] = found?.origin ?? 'default';
    named[key] = found?.source ?? 'default';
    const problem = settle(values, option, found);
    if (problem !== null) problems.push(problem);
  }
  if (problems.length > 0) throw invalid(problems);
  if (!isComplete(values) || !isComplete(origins) || !isComplete(named))
    throw new Error('A configuration key was not settled.');
  checkHost(values, named.host);
  return { config: withPaths(values, sources.cwd), origins, sources: named };
}

function isComplete<Values>(values: Partial<Record<ConfigKey, Values>>): values is Record<ConfigKey, Values>;
function isComplete(values: Partial<ConfigValues>): values is ConfigValues;
function isComplete(values: object): boolean {
  return configKeys.every((key) => key in values);
}

/** Sets the key to its checked value or to its default, or tells what is wrong. */
function settle<Key extends ConfigKey>(
  values: { -readonly [Each in ConfigKey]?: ConfigValues[Each] },
  option: ConfigOption<Key>,
  found: Found | null,
): Problem | null {
  if (found === null || (found.value === null && option.default === null)) {
    values[option.key] = option.default;
    return null;
  }
  const parsed = option.schema().safeParse(found.value);
  if (!parsed.success) {
    const shown = option.secret === undefined ? JSON.stringify(found.value) : 'another value';
    return { key: option.key, source: found.source, expected: option.expects, shown };
  }
  values[option.key] = parsed.data;
  return null;
}

function checkHost({ host, insecure }: ConfigValues, source: string): void {
  if (insecure || isLoopback(host)) return;
  const expected =
    'an address of this machine only, unless `insecure` is set: whoever reaches it can run commands';
  throw invalid([{ key: 'host', source, expected, shown: JSON.stringify(host) }]);
}

/** Where workspaces are unless the configuration says it: a folder that no other node has. */
export function ownWorkspaces(dataDir: string): string {
  return resolve(dataDir, 'workspaces');
}

function withPaths(values: ConfigValues, cwd: string): Config {
  const dataDir = resolve(cwd, values.dataDir);
  return {
    ...values,
    dataDir,
    workspaceDir: values.workspaceDir === null ? ownWorkspaces(dataDir) : resolve(cwd, values.workspaceDir),
    webDir: values.webDir === null ? null : resolve(cwd, values.webDir),
  };
}

function find(option: ConfigOption, { flags, env }: ConfigSources, file: ConfigFile | null): Found | null {
  return fromFlag(option, flags) ?? fromEnvironment(option, env) ?? fromFile(option, file);
}

function fromFlag({ key, flag, type }: ConfigOption, flags: ConfigFlags | undefined): Found | null {
  const value = flags?.[key];
  if (value === undefined) return null;
  return {
    value: typeof value === 'string' ? fromText(value, type) : value,
    origin: 'flag',
    source: `flag ${flag}`,
  };
}

function fromEnvironment({ env, type }: ConfigOption, environment: ConfigSources['env']): Found | null {
  for (const name of env) {
    const value = environment[name]?.trim();
    if (value) return { value: fromText(value, type), origin: 'env', source: `environment variable ${name}` };
  }
  return null;
}

function fromFile({ key }: ConfigOption, file: ConfigFile | null): Found | null {
  if (file === null || !Object.hasOwn(file.values, key)) return null;
  return { value: file.values[key], origin: 'file', source: file.path };
}

/** What a text means; where it means nothing, it stays the text, and the schema refuses it. */
function fromText(text: string, type: OptionType): unknown {
  const word = text.trim();
  switch (type) {
    case 'text':
      return text;
    case 'integer':
      return /^-?\d+$/.test(word) ? Number(word) : text;
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(word) ? Number(word) : text;
    case 'boolean':
      if (/^(true|yes|on|1)$/i.test(word)) return true;
      return /^(false|no|off|0)$/i.test(word) ? false : text;
    case 'list':
      return word === '' ? [] : word.split(',').map((item) => item.trim());
  }
}

function invalid(problems: readonly Problem[]): ConveneError {
  const lines = problems.map(
    ({ key, source, expected, shown }) => `${key} (${source}): expected ${expected}, got ${shown}.`,
  );
  const details = { problems: problems.map(({ key, source, expected }) => ({ key, source, expected })) };
  return new ConveneError('invalid_config', lines.join('\n'), { details });
}
