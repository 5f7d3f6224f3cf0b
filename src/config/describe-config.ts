/** The configuration as a person may see it: every key with its value and its origin, secrets masked. */
import type { LoadedConfig, Origin } from './load-config.ts';
import { type ConfigKey, configOptions } from './options.ts';

export interface DescribedOption {
  readonly key: ConfigKey;
  readonly value: unknown;
  readonly origin: Origin;
  /** The same for people: which flag, variable or file it is. */
  readonly source: string;
  readonly description: string;
}

/** Stands where a secret stands. */
export const MASK = '**********';

export function describeConfig({ config, origins, sources }: LoadedConfig): DescribedOption[] {
  return configOptions().map(({ key, secret, description }) => {
    const value = config[key];
    return { key, value: mask(value, secret), origin: origins[key], source: sources[key], description };
  });
}

function mask(value: unknown, secret: 'whole' | 'password' | undefined): unknown {
  if (typeof value !== 'string' || secret === undefined) return value;
  return secret === 'whole' ? MASK : maskPassword(value);
}

/** Drivers also take the password, and paths to keys, from the query. */
function maskPassword(text: string): string {
  const url = new URL(text);
  if (url.password !== '') url.password = MASK;
  for (const name of [...url.searchParams.keys()]) {
    if (/pass|secret|token|key/i.test(name)) url.searchParams.set(name, MASK);
  }
  return url.href;
}
