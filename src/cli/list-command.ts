/** `convene list`. */
import type { Config } from '../config/index.ts';
import { type ListOptions, listConversations, renderListing } from './list.ts';
import { print, printJson } from './output.ts';
import { openSource } from './source/open-source.ts';

const WIDTH = 160;

export interface ListCommandOptions extends ListOptions {
  readonly url?: string | undefined;
  readonly json?: boolean | undefined;
  readonly config: Readonly<Config>;
}

export async function runList({ config, json, url, ...options }: ListCommandOptions): Promise<number> {
  const onNote = (note: string): void => void process.stderr.write(`${note}\n`);
  await using source = await openSource({ url, config, onNote });
  const listing = await listConversations(source, options);
  const width = process.stdout.isTTY ? process.stdout.columns : WIDTH;
  await (json ? printJson(listing) : print(renderListing(listing, Date.now(), width)));
  return 0;
}
