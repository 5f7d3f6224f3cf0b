/** Takes the conversations of an OpenHands state folder in, several at a time: their commits share the disk's. */
import path from 'node:path';
import { findConversations } from '../openhands/state-folder.ts';
import { type ImportedConversation, type ImportOptions, importConversation } from './import-conversation.ts';

/** Conversations at a time. */
const AT_ONCE = 16;
/** Problems and refusals that a summary lists; the rest is counted. */
const LISTED = 1_000;

export interface ImportSummary {
  readonly folder: string;
  readonly conversations: {
    readonly found: number;
    readonly imported: number;
    /** Were begun by an import that was interrupted. */
    readonly resumed: number;
    /** Were there already. */
    readonly unchanged: number;
    readonly refused: number;
  };
  readonly events: {
    /** Stored now, all together. */
    readonly stored: number;
    /** Null observations for ids without a file. */
    readonly gaps: number;
    /** Null observations for files that can't be used. */
    readonly broken: number;
  };
  readonly refused: readonly { readonly sid: string; readonly reason: string }[];
  readonly problems: readonly { readonly file: string; readonly problem: string }[];
  /** Problems that are not listed. */
  readonly more_problems: number;
}

export interface Progress {
  readonly found: number;
  readonly done: number;
  readonly events: number;
}

export interface ImportFolderOptions extends Omit<ImportOptions, 'onEvents' | 'onProblem'> {
  readonly onProgress?: (progress: Progress) => void;
}

/** Throws `invalid_request` where it is no state folder, and what the store throws. */
export async function importFolder(
  stateFolder: string,
  { onProgress, ...options }: ImportFolderOptions,
): Promise<ImportSummary> {
  const { folder, sids, strays } = await findConversations(stateFolder);
  const problems: { file: string; problem: string }[] = [];
  let problemCount = 0;
  const onProblem = (file: string, problem: string): void => {
    problemCount += 1;
    if (problems.length < LISTED) problems.push({ file, problem });
  };
  for (const file of strays) onProblem(file, 'is no conversation: left out');

  const conversations = { found: sids.length, imported: 0, resumed: 0, unchanged: 0, refused: 0 };
  const events = { stored: 0, gaps: 0, broken: 0 };
  const refused: { sid: string; reason: string }[] = [];
  let done = 0;
  const tell = (): void => onProgress?.({ found: sids.length, done, events: events.stored });
  const count = (imported: ImportedConversation): void => {
    conversations[imported.outcome] += 1;
    events.gaps += imported.gaps;
    events.broken += imported.broken;
    const { sid, reason } = imported;
    if (reason !== undefined && refused.length < LISTED) refused.push({ sid, reason });
    done += 1;
    tell();
  };
  const onEvents = (stored: number): void => {
    events.stored += stored;
    tell();
  };

  const waiting = sids.values();
  // One that fails ends the others after the conversation that they are at.
  let hasFailed = false;
  const work = async (): Promise<void> => {
    for (const sid of waiting) {
      if (hasFailed) return;
      count(await importConversation(path.join(folder, sid), { ...options, onEvents, onProblem }));
    }
  };
  const working = Array.from({ length: AT_ONCE }, async () => {
    try {
      await work();
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  });
  const results = await Promise.allSettled(working);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return {
    folder,
    conversations,
    events,
    refused: refused.toSorted((one, other) => (one.sid < other.sid ? -1 : 1)),
    problems: problems.toSorted((one, other) => (one.file < other.file ? -1 : 1)),
    more_problems: problemCount - problems.length,
  };
}
