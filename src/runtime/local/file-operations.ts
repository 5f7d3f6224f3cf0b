/**
 * The actions `read`, `write` and `edit` on a workspace. What goes wrong in them is an error observation.
 *
 * Paths are relative to the workspace, or absolute within it.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { ConveneError } from '../../errors.ts';
import type { ActionOf } from '../../events/actions.ts';
import {
  editObservation,
  errorObservation,
  type Observation,
  readObservation,
  writeObservation,
} from '../../events/observations.ts';
import { errno, nullOn } from './errno.ts';
import { isBinary, readLines, readWhole, writeWhole } from './file-access.ts';
import { fileFailure } from './file-failure.ts';
import { FileHistory } from './file-history.ts';
import { unifiedDiff } from './line-diff.ts';
import {
  EditRefusal,
  insertAfter,
  numbered,
  replaceLines,
  replaceOnce,
  splitLines,
  type TextEdit,
} from './text-edit.ts';
import { WorkspacePaths } from './workspace-path.ts';

/** Lines around an edit that its observation shows. */
const shownAround = 4;
const mostListed = 500;

export interface FileOperationsOptions {
  readonly clock: Clock;
  readonly workspace: string;
  /** Longest part of a file that one `read` answers with. */
  readonly maxReadBytes: number;
  /** Longest file that can be edited: the log keeps it as it was and as it is. */
  readonly maxEditBytes: number;
}

type EditAction = ActionOf<'edit'>;

export class FileOperations {
  readonly #options: FileOperationsOptions;
  readonly #paths: WorkspacePaths;
  readonly #history = new FileHistory();

  constructor(options: FileOperationsOptions) {
    this.#options = options;
    this.#paths = new WorkspacePaths(options.workspace);
  }

  read({ args }: ActionOf<'read'>): Promise<Observation> {
    return observed(args.path, async () => {
      if (args.view_range !== null) return this.#view(args.path, args.view_range);
      const start = Math.max(0, args.start);
      return readObservation(args.path, await this.#lines(args.path, start, args.end));
    });
  }

  write({ args }: ActionOf<'write'>): Promise<Observation> {
    return observed(args.path, async () => {
      const path = await this.#paths.resolve(args.path);
      const whole = args.start <= 0 && args.end === -1;
      const content = whole
        ? args.content
        : replaceLines((await this.#current(path)) ?? '', args.start, args.end, args.content);
      await writeWhole(path, content, this.#options.clock);
      return writeObservation(args.path);
    });
  }

  edit(action: EditAction): Promise<Observation> {
    const { args } = action;
    return observed(args.path, () => {
      switch (args.command) {
        case 'view':
          return this.#view(args.path, viewRange(action));
        case 'create':
          return this.#create(args.path, required(args.file_text, 'file_text'));
        case 'str_replace': {
          const wanted = required(args.old_str, 'old_str');
          return this.#change(args.path, (text) => replaceOnce(text, wanted, args.new_str ?? ''));
        }
        case 'insert': {
          const line = required(args.insert_line, 'insert_line');
          const addition = required(args.new_str, 'new_str');
          return this.#change(args.path, (text) => insertAfter(text, line, addition));
        }
        case 'undo_edit':
          return this.#undo(args.path);
        default:
          throw new EditRefusal(
            `Unknown edit command ${JSON.stringify(args.command)}. Use view, create, str_replace, insert or undo_edit.`,
          );
      }
    });
  }

  async #view(given: string, range: readonly number[] | null): Promise<Observation> {
    const path = await this.#paths.resolve(given);
    if ((await stat(path)).isDirectory()) return readObservation(given, await listing(path, given));
    const [first = 1, last = -1] = range ?? [];
    if (first < 1 || (last !== -1 && last < first)) {
      throw new EditRefusal(
        'view_range is [first, last], lines counted from 1; last may be -1 for the end of the file.',
      );
    }
    return readObservation(given, numbered(await this.#lines(given, first - 1, last), first));
  }

  async #create(given: string, content: string): Promise<Observation> {
    const path = await this.#paths.resolve(given);
    const exists = await stat(path).then(
      () => true,
      () => false,
    );
    if (exists)
      throw new EditRefusal(
        `${given} exists already. Change it with str_replace or insert, or write it as a whole.`,
      );
    await writeWhole(path, content, this.#options.clock);
    const diff = unifiedDiff(given, '', content);
    return editObservation({
      path: given,
      content: `${given} was created.`,
      oldContent: null,
      newContent: content,
      diff,
    });
  }

  async #change(given: string, edit: (text: string) => TextEdit): Promise<Observation> {
    const path = await this.#paths.resolve(given);
    const before = await this.#existing(path);
    const { content, line, count } = edit(before);
    await writeWhole(path, content, this.#options.clock);
    this.#history.push(path, before);
    const from = Math.max(0, line - shownAround);
    const shown = splitLines(content).slice(from, line + count + shownAround);
    return editObservation({
      path: given,
      content: `${given} was edited. It now reads:\n${numbered(shown.join(''), from + 1)}`,
      oldContent: before,
      newContent: content,
      diff: unifiedDiff(given, before, content),
    });
  }

  async #undo(given: string): Promise<Observation> {
    const path = await this.#paths.resolve(given);
    const content = this.#history.pop(path);
    if (content === undefined)
      throw new EditRefusal(`No edit of ${given} is known that could be taken back.`);
    const before = await this.#existing(path);
    await writeWhole(path, content, this.#options.clock);
    const diff = unifiedDiff(given, before, content);
    const told = `The last edit of ${given} was taken back.`;
    return editObservation({ path: given, content: told, oldContent: before, newContent: content, diff });
  }

  async #lines(given: string, start: number, end: number): Promise<string> {
    const { maxReadBytes } = this.#options;
    const lines = await readLines(await this.#paths.resolve(given), start, end, maxReadBytes);
    if (lines === null)
      throw new EditRefusal(`${given} is a binary file. Look at it with a command, such as xxd or file.`);
    if (lines.next === null) return lines.text;
    const rest =
      lines.next === start ? 'This line is longer.' : `Read on from line ${lines.next} (counted from 0).`;
    return `${lines.text}\n[… cut here: one read answers with at most ${maxReadBytes} bytes. ${rest} …]\n`;
  }

  async #existing(path: string): Promise<string> {
    const text = await this.#current(path);
    if (text === null) throw errno('ENOENT');
    return text;
  }

  /** The file as text that can be written back without loss; null where there is none. */
  async #current(path: string): Promise<string | null> {
    const bytes = await readWhole(path, this.#options.maxEditBytes).catch(nullOn('ENOENT'));
    if (bytes === null) return null;
    const refusal = new EditRefusal(
      'This file is no UTF-8 text, so that an edit would damage it. Change it with a command.',
    );
    if (isBinary(bytes)) throw refusal;
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw refusal;
    }
  }
}

/** Failures of files and refused edits as observations; everything else is thrown on. */
async function observed(path: string, operation: () => Promise<Observation>): Promise<Observation> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof EditRefusal) return errorObservation(error.message);
    const { code, message } = fileFailure(error, path);
    return errorObservation(code === 'payload_too_large' ? `${message} (${path})` : message, code);
  }
}

function required<Value>(value: Value | null, name: string): Value {
  if (value === null) throw new EditRefusal(`${name} is missing.`);
  return value;
}

/** Clients send it with `edit`, where the schema does not name it. */
function viewRange({ args }: EditAction): readonly number[] | null {
  const range: unknown = 'view_range' in args ? args.view_range : null;
  if (!Array.isArray(range)) return null;
  if (!range.every((line) => Number.isInteger(line)))
    throw new ConveneError('invalid_request', 'view_range has two integers.');
  return range;
}

/** A folder and its folders, two levels deep, without hidden ones. */
async function listing(folder: string, given: string): Promise<string> {
  const lines: string[] = [];
  const visit = async (path: string, prefix: string, depth: number): Promise<void> => {
    const entries = await readdir(path, { withFileTypes: true });
    const shown = entries.filter(({ name }) => !name.startsWith('.') && name !== 'node_modules');
    for (const entry of shown.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (lines.length >= mostListed) return;
      lines.push(`${prefix}${entry.name}${entry.isDirectory() ? '/' : ''}`);
      if (entry.isDirectory() && depth < 2)
        await visit(join(path, entry.name), `${prefix}${entry.name}/`, depth + 1);
    }
  };
  await visit(folder, '', 1);
  const end = lines.length >= mostListed ? `[… only the first ${mostListed} are shown …]\n` : '';
  return `Files and folders in ${given}, two levels deep, without hidden ones:\n${lines.map((line) => `${line}\n`).join('')}${end}`;
}
