/** `convene import`: an OpenHands state folder into the data folder, which is locked meanwhile, or into a cluster. */
import type { Config } from '../../config/index.ts';
import { ReleaseStack } from '../../release-stack.ts';
import { dataFolder } from '../../store/data-folder.ts';
import { lockDataDir } from '../../store/data-lock.ts';
import type { EventStore } from '../../store/event-store.ts';
import { SqliteEventStore } from '../../store/sqlite/sqlite-event-store.ts';
import { ProgressLine, print, printJson } from '../output.ts';
import { openDatabase } from '../source/open-database.ts';
import { type ImportSummary, importFolder } from './import-folder.ts';

/** Problems that people are shown; `--json` has more. */
const SHOWN = 20;

export interface ImportCommandOptions {
  readonly folder: string;
  readonly config: Readonly<Pick<Config, 'dataDir' | 'databaseUrl'>>;
  /** Whose the conversations become; undefined: nobody's, as on a server without users. */
  readonly user?: string | undefined;
  /** Each becomes the user's that its metadata names. */
  readonly keepUsers?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** Answers with the exit code: 1 where a conversation was refused. Throws what `importFolder` and the lock throw. */
export async function runImport(options: ImportCommandOptions): Promise<number> {
  const { config, folder, json, keepUsers, user = '' } = options;
  await using opened = new ReleaseStack();
  const store = await openStore(config, opened);
  let summary: ImportSummary;
  {
    using line = new ProgressLine();
    summary = await importFolder(folder, {
      store,
      userOf: ({ userId }) => (keepUsers && userId !== '' ? userId : user),
      now: Date.now(),
      onProgress: ({ done, events, found }) =>
        line.show(`${done} of ${found} conversations, ${events} events`),
    });
  }
  await (json
    ? printJson(summary)
    : print(renderSummary(summary, config.databaseUrl === null ? config.dataDir : 'the cluster')));
  return summary.conversations.refused > 0 ? 1 : 0;
}

/** That of the cluster, or of the data folder, which is locked then. `opened` releases it. */
async function openStore(
  { dataDir, databaseUrl }: ImportCommandOptions['config'],
  opened: ReleaseStack,
): Promise<EventStore> {
  if (databaseUrl !== null) return opened.use(await openDatabase(databaseUrl));
  opened.use(await lockDataDir(dataDir));
  const store = opened.use(new SqliteEventStore({ file: dataFolder(dataDir).log }));
  await store.open();
  return store;
}

function renderSummary(summary: ImportSummary, into: string): string {
  const { conversations, events, problems, refused } = summary;
  const rest = problems.length + summary.more_problems - Math.min(problems.length, SHOWN);
  return [
    `${counted(conversations.found, 'conversation')} in ${summary.folder}:`,
    `  ${conversations.imported} imported into ${into}, ${conversations.unchanged} there already` +
      (conversations.resumed > 0 ? `, ${conversations.resumed} completed` : '') +
      (conversations.refused > 0 ? `, ${conversations.refused} refused` : ''),
    `  ${counted(events.stored, 'event')} stored` +
      (events.gaps > 0 ? `; ${counted(events.gaps, 'missing one')} filled in` : '') +
      (events.broken > 0 ? `; ${counted(events.broken, 'broken one')} replaced` : ''),
    ...refused.slice(0, SHOWN).map(({ sid, reason }) => `refused ${sid}: ${reason}`),
    ...problems.slice(0, SHOWN).map(({ file, problem }) => `${file}: ${problem}`),
    ...(rest > 0 ? [`and ${counted(rest, 'more problem')}: see --json`] : []),
    '',
  ].join('\n');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
