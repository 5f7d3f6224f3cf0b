/**
 * Reads the command line of `convene serve` without loading what explains command lines. Null means: it is another
 * command, or asks for help, or is not valid, and `commands.ts` is to say so.
 */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { type ConfigFlags, configOptions } from '../config/index.ts';

export function serveFlags(args: readonly string[]): ConfigFlags | null {
  const keys = new Map([['config', 'config']]);
  const options: ParseArgsOptionsConfig = { config: { type: 'string' } };
  for (const { flag, key, type } of configOptions()) {
    if (flag === null) continue;
    const name = flag.slice('--'.length);
    keys.set(name, key);
    options[name] = { type: type === 'boolean' ? 'boolean' : 'string' };
  }
  const rest = args[0] === 'serve' ? args.slice(1) : [...args];
  try {
    const { values } = parseArgs({ args: rest, options, strict: true, allowPositionals: false });
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [keys.get(name), value]));
  } catch {
    return null;
  }
}
