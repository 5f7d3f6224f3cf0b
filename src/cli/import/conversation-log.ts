/**
 * The log that a conversation's event files make: an event for every id from 0 to the last, with null observations in
 * the gaps and for what can't be read. The same files make the same log every time.
 */
import path from 'node:path';
import type { NewEvent } from '../../events/event.ts';
import { nothing, parseRecordedEvent } from '../../events/recorded-event.ts';
import { type EventFiles, readText } from '../openhands/state-folder.ts';

export interface LogEntry {
  readonly id: number;
  readonly event: NewEvent;
  /** Milliseconds since the epoch; null where nobody knows. */
  readonly at: number | null;
  readonly from: 'file' | 'gap' | 'broken';
}

export interface LogSource {
  /** The conversation's folder. */
  readonly folder: string;
  readonly files: EventFiles;
  /** Told of each file that can't be used. */
  readonly onProblem: (file: string, problem: string) => void;
}

/** From the event with the id `first` on. One file is in memory at a time. */
export async function* readLog(source: LogSource, first = 0): AsyncGenerator<LogEntry> {
  for (let id = first; id <= source.files.last; id += 1) yield await readEntry(source, id);
}

export async function readEntry({ folder, files, onProblem }: LogSource, id: number): Promise<LogEntry> {
  const gap: LogEntry = { id, event: nothing, at: null, from: 'gap' };
  if (!files.ids.has(id)) return gap;
  const file = path.join(folder, 'events', `${id}.json`);
  try {
    const text = await readText(file);
    return text === null ? gap : { id, ...parseRecordedEvent(JSON.parse(text)), from: 'file' };
  } catch (error) {
    onProblem(file, error instanceof Error ? error.message : String(error));
    return { ...gap, from: 'broken' };
  }
}
