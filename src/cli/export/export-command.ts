/** `convene export`. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Config } from '../../config/index.ts';
import { ProgressLine, print, printJson } from '../output.ts';
import { openSource } from '../source/open-source.ts';
import { exportFolder } from './export-folder.ts';
import { trajectoryText } from './export-trajectory.ts';

export interface ExportCommandOptions {
  readonly url?: string | undefined;
  readonly config: Readonly<Config>;
  readonly json?: boolean | undefined;
}

const onNote = (note: string): void => void process.stderr.write(`${note}\n`);

/** `sids`: empty for all. */
export async function runExport(
  folder: string,
  sids: readonly string[],
  { config, json, url }: ExportCommandOptions,
): Promise<number> {
  await using source = await openSource({ url, config, onNote });
  using line = new ProgressLine();
  const summary = await exportFolder(source, folder, {
    ...(sids.length === 0 ? {} : { sids }),
    onProgress: ({ conversations, events }) => line.show(`${conversations} conversations, ${events} events`),
  });
  line[Symbol.dispose]();
  const { conversations, events } = summary;
  await (json
    ? printJson(summary)
    : print(`Exported to ${folder}: conversations ${conversations}, events ${events}.\n`));
  return 0;
}

/** `file`: null for stdout. */
export async function runExportTrajectory(
  sid: string,
  file: string | null,
  { config, url }: ExportCommandOptions,
): Promise<number> {
  await using source = await openSource({ url, config, onNote });
  await source.conversation(sid); // an unknown one makes no file
  if (file !== null) {
    await pipeline(Readable.from(trajectoryText(source, sid)), createWriteStream(file));
    return 0;
  }
  for await (const piece of trajectoryText(source, sid)) await print(piece);
  return 0;
}
