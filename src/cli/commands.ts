/** The commands and their flags, and the help for them. What a command does is loaded when it is called. */
import { createRequire } from 'node:module';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import {
  type ConfigFlags,
  type ConfigKey,
  type ConfigOption,
  configOptions,
  type LoadedConfig,
  loadConfig,
} from '../config/index.ts';

const flagsSchema = z.record(z.string(), z.union([z.string(), z.boolean(), z.number()]));

/** Where conversations are, for commands that read a data folder or ask the server that holds it. */
const placeKeys: readonly ConfigKey[] = ['dataDir', 'host', 'port'];

/** Answers with the exit code. Throws what the command throws. */
export async function runCommand(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has said why itself
    throw error;
  }
}

/** `done`: told of the exit code of the command that ran. */
export function createProgram(done: (exitCode: number) => void): Command {
  const program = new Command('convene')
    .description('A conversation server for AI agents: durable, ordered, exactly once.')
    .version(version(), '--version', 'Show the version.')
    .helpOption('-h, --help', 'Show help.')
    .helpCommand('help [command]', 'Show the help for a command.')
    .addHelpText('after', exitCodes)
    .exitOverride();
  addServe(program, done);
  addChat(program, done);
  addList(program, done);
  addImport(program, done);
  addExport(program, done);
  addMigrate(program, done);
  addCluster(program, done);
  addConfig(program, done);
  addDoctor(program, done);
  for (const command of program.commands) command.helpOption('-h, --help', 'Show help.').exitOverride();
  return program;
}

const exitCodes = `
Without a command, the server runs. Exit codes: 0 done; 1 it failed, and one line on stderr says why; 2 the command
line is not valid.
`;

type Done = (exitCode: number) => void;

function addServe(program: Command, done: Done): void {
  withConfigFlags(program.command('serve', { isDefault: true }))
    .description('Run the server.')
    .action(async (given: unknown) => {
      const { config } = load(given);
      const { serve } = await import('./serve.ts');
      done(await serve(config));
    });
}

const chatOptions = z.object({ url: z.string(), history: z.number().transform((n) => Math.min(n, 100)) });

function addChat(program: Command, done: Done): void {
  program
    .command('chat')
    .description('Talk with an agent in the terminal, on a server that runs.')
    .argument('[id]', 'the conversation to go on with (default: a new one)')
    .option('--url <url>', 'Where the server is.', serverUrl, 'http://127.0.0.1:3000')
    .option('--history <number>', 'How many of its newest events to show: 1 to 100.', count, 20)
    .addHelpText(
      'after',
      `
Each line that you type is sent as a message. Without a model the agent runs commands: lines that start with "$ ".
Questions for your consent are answered by y or n. Ctrl-C pauses the agent while it works, and leaves otherwise; the
end of the input (Ctrl-D) leaves when the agent rests. So it works in a pipe: echo '$ ls' | convene chat
Exit code 1: the agent ended in an error.
`,
    )
    .action(async (id: string | undefined, given: unknown) => {
      const { runChat } = await import('./chat/chat-command.ts');
      done(await runChat({ sid: id ?? null, ...chatOptions.parse(given) }));
    });
}

const listOptions = z.object({
  url: z.string().optional(),
  limit: z.number(),
  page: z.string().optional(),
  state: z.enum(['running', 'stopped']).optional(),
  json: z.boolean().default(false),
});

function addList(program: Command, done: Done): void {
  withConfigFlags(withUrl(program.command('list')), placeKeys)
    .description('List conversations, newest first.')
    .option('--limit <number>', 'How many to show.', count, 20)
    .option('--page <id>', 'Go on behind a page: the id that it ended with.')
    .addOption(
      new Option('--state <state>', 'Only those that run, or that do not.').choices(['running', 'stopped']),
    )
    .option('--json', 'Print JSON: {"conversations": […], "next_page_id": …}.')
    .addHelpText('after', readsEither)
    .action(async (given: unknown) => {
      const { config } = load(given);
      const { runList } = await import('./list-command.ts');
      done(await runList({ ...listOptions.parse(given), config }));
    });
}

const importOptions = z.object({
  user: z.string().optional(),
  keepUsers: z.boolean().optional(),
  json: z.boolean().optional(),
});

function addImport(program: Command, done: Done): void {
  withConfigFlags(program.command('import'), ['dataDir'])
    .description('Take the conversations of an OpenHands state folder into the data folder.')
    .argument('<folder>', 'OpenHands’s state folder, such as ~/.openhands-state: it holds `sessions`')
    .option(
      '--user <id>',
      'Whose the conversations become. (default: nobody’s, as on a server without users)',
    )
    .option('--keep-users', 'Each becomes the user’s that its metadata names, where it names one.')
    .option('--json', 'Print the summary as JSON.')
    .addHelpText(
      'after',
      `
No server may use the data folder meanwhile; with DATABASE_URL set, the cluster takes the conversations, and its nodes
may run. Ids without a file become null observations, and so do files that are
broken; these, and files that are no events, are reported. Importing again changes nothing, and goes on where an import
was interrupted. Exit code 1: a conversation was refused, because one of its id has other events or was deleted.
`,
    )
    .action(async (folder: string, given: unknown) => {
      const { config } = load(given);
      const { runImport } = await import('./import/import-command.ts');
      done(await runImport({ folder, config, ...importOptions.parse(given) }));
    });
}

const exportOptions = z.object({
  url: z.string().optional(),
  trajectory: z.string().optional(),
  output: z.string().optional(),
  json: z.boolean().default(false),
});

function addExport(program: Command, done: Done): void {
  const command = program.command('export');
  withConfigFlags(withUrl(command), placeKeys)
    .description('Write conversations as an OpenHands state folder, or one of them as a trajectory.')
    .argument('[ids...]', 'the conversations (default: all)')
    .option(
      '-o, --output <path>',
      'The folder to write; of a trajectory, the file. (default of a trajectory: stdout)',
    )
    .option(
      '--trajectory <id>',
      'Write this conversation as a trajectory: a JSON list, without hidden events.',
    )
    .option('--json', 'Print the summary as JSON.')
    .addHelpText('after', readsEither)
    .action(async (ids: readonly string[], given: unknown) => {
      const { output, trajectory, ...options } = exportOptions.parse(given);
      if (trajectory !== undefined && ids.length > 0) {
        command.error('error: --trajectory names its conversation itself: leave out the others');
      }
      const { config } = load(given);
      const { runExport, runExportTrajectory } = await import('./export/export-command.ts');
      if (trajectory !== undefined) {
        done(await runExportTrajectory(trajectory, output ?? null, { ...options, config }));
      } else if (output === undefined) {
        command.error('error: name the folder to write with --output');
      } else {
        done(await runExport(output, ids, { ...options, config }));
      }
    });
}

function addMigrate(program: Command, done: Done): void {
  withConfigFlags(program.command('migrate'), ['databaseUrl'])
    .description('Bring the tables of a cluster’s database up to date, as each node does at its start.')
    .action(async (given: unknown) => {
      const { config } = load(given);
      const { runMigrate } = await import('./migrate-command.ts');
      done(await runMigrate(config));
    });
}

const clusterOptions = z.object({ url: z.string(), json: z.boolean().default(false) });

function addCluster(program: Command, done: Done): void {
  program
    .command('cluster')
    .description('Show the nodes of a cluster, what runs where, and the last takeovers.')
    .option('--url <url>', 'Any of its nodes.', serverUrl, 'http://127.0.0.1:3000')
    .option('--json', 'Print JSON, as GET /api/cluster answers it: with the conversations of each node.')
    .action(async (given: unknown) => {
      const { runCluster } = await import('./cluster-command.ts');
      done(await runCluster(clusterOptions.parse(given)));
    });
}

const jsonOption = z.object({ json: z.boolean().default(false) });

function addConfig(program: Command, done: Done): void {
  withConfigFlags(program.command('config'))
    .description('Show the configuration that counts, and where each value comes from.')
    .option('--json', 'Print JSON: [{"key", "value", "origin", "source", "description"}].')
    .action(async (given: unknown) => {
      const [{ describeConfig }, { print, printJson }] = await Promise.all([
        import('../config/describe-config.ts'),
        import('./output.ts'),
      ]);
      const described = describeConfig(load(given));
      const lines = described.map(
        ({ key, value, source }) => `${key} = ${JSON.stringify(value)} (${source})\n`,
      );
      await (jsonOption.parse(given).json ? printJson(described) : print(lines.join('')));
      done(0);
    });
}

function addDoctor(program: Command, done: Done): void {
  withConfigFlags(program.command('doctor'), [...placeKeys, 'insecure', 'llmModel', 'llmBaseUrl'])
    .description('Check everything that the server needs, and say how to mend what is wrong.')
    .option('--json', 'Print JSON: [{"name", "status": "ok" | "warning" | "broken", "found", "mend"?}].')
    .addHelpText(
      'after',
      `
Checks Node.js, tools, configuration, data folder, disk, lock, store, port, settings, and the language model, by a tiny
request. It changes nothing, and may be called while the server runs. Exit code 1: something that is needed is broken.
`,
    )
    .action(async (given: unknown) => {
      const { runDoctor } = await import('./doctor/doctor.ts');
      done(await runDoctor({ load: () => load(given), ...jsonOption.parse(given) }));
    });
}

const readsEither = `
Reads the data folder where no server uses it; where one does, asks the one at the configured address. With DATABASE_URL
set, reads the database of the cluster.
`;

function load(given: unknown): LoadedConfig {
  const flags: ConfigFlags = flagsSchema.parse(given);
  return loadConfig({ flags, env: process.env, cwd: process.cwd() });
}

function withUrl(command: Command): Command {
  return command.option('--url <url>', 'Ask the server there, such as http://127.0.0.1:3000.', serverUrl);
}

/** `keys`: default: all. */
function withConfigFlags(command: Command, keys?: readonly ConfigKey[]): Command {
  command.option(
    '--config <file>',
    'JSON file with the configuration. (default: convene.json, where there is one)',
  );
  for (const option of configOptions()) {
    if (option.flag === null || (keys !== undefined && !keys.includes(option.key))) continue;
    command.addOption(new Option(`${option.flag} ${argument(option)}`, help(option)));
  }
  return command;
}

function count(text: string): number {
  const value = Number(text);
  if (/^\d{1,6}$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError('Expected a number above 0.');
}

function serverUrl(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError('Expected an address such as http://127.0.0.1:3000.');
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
