/** The commands and their flags, from the table of the configuration, and the help for them. */
import { createRequire } from 'node:module';
import { Command, CommanderError, Option } from 'commander';
import { z } from 'zod';
import {
  type ConfigFlags,
  type ConfigOption,
  configOptions,
  type LoadedConfig,
  loadConfig,
} from '../config/index.ts';

const flagsSchema = z.record(z.string(), z.union([z.string(), z.boolean()]));

/** Answers with the exit code. Throws what the command throws. */
export async function runCommand(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = new Command('convene')
    .description('A conversation server for AI agents: durable, ordered, exactly once.')
    .version(version(), '--version')
    .exitOverride();
  withConfigFlags(program.command('serve', { isDefault: true }))
    .description('Run the server.')
    .action(async (given: unknown) => {
      const { config } = load(given);
      const { serve } = await import('./serve.ts');
      exitCode = await serve(config);
    });
  withConfigFlags(program.command('config'))
    .description('Show the configuration that counts, and where each value comes from.')
    .action(async (given: unknown) => {
      const { describeConfig } = await import('../config/describe-config.ts');
      for (const { key, value, origin } of describeConfig(load(given))) {
        process.stdout.write(`${key} = ${JSON.stringify(value)} (${origin})\n`);
      }
    });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has said why itself
    throw error;
  }
}

function load(given: unknown): LoadedConfig {
  const flags: ConfigFlags = flagsSchema.parse(given);
  return loadConfig({ flags, env: process.env, cwd: process.cwd() });
}

function withConfigFlags(command: Command): Command {
  command.exitOverride();
  command.option('--config <file>', 'JSON file with values of these, by their keys');
  for (const option of configOptions()) {
    if (option.flag !== null)
      command.addOption(new Option(`${option.flag} ${argument(option)}`, help(option)));
  }
  return command;
}

function argument({ type }: ConfigOption): string {
  return type === 'boolean' ? '[boolean]' : `<${type}>`;
}

function help({ description, env, otherwise, default: value }: ConfigOption): string {
  const shown = otherwise ?? (value === null ? 'none' : JSON.stringify(value));
  return `${description} (${env.join(', ')}; default: ${shown})`;
}

function version(): string {
  const read = createRequire(import.meta.url);
  return z.object({ version: z.string() }).parse(read('../../package.json')).version;
}
