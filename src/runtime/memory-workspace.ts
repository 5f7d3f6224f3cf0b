/** A workspace in memory: paths and texts. It has no links, and ignores nothing. */
import { Readable } from 'node:stream';
import type { Clock } from '../clock.ts';
import { ConveneError } from '../errors.ts';
import type { FileContent, Workspace, WorkspaceFile } from './workspace.ts';

export class MemoryWorkspace implements Workspace {
  readonly #files: Map<string, string>;
  readonly #clock: Clock;

  constructor(files: Map<string, string>, clock: Clock) {
    this.#files = files;
    this.#clock = clock;
  }

  async list(path = '.'): Promise<string[]> {
    const prefix = inside(path).replace(/(?<=[^/])$/, '/');
    const names = [...this.#files.keys()]
      .filter((file) => file.startsWith(prefix))
      .map((file) => file.slice(prefix.length).replace(/\/.*/, '/'));
    return [...new Set(names)].sort();
  }

  async readText(path: string): Promise<string> {
    const text = this.#files.get(inside(path));
    if (text === undefined) throw new ConveneError('file_not_found', `There is no file: ${path}`);
    return text;
  }

  async readBytes(path: string): Promise<Uint8Array> {
    return Buffer.from(await this.readText(path));
  }

  async write(path: string, content: FileContent): Promise<void> {
    const chunks: Uint8Array[] = [];
    if (typeof content === 'string') chunks.push(Buffer.from(content));
    else if (content instanceof Uint8Array) chunks.push(content);
    else for await (const chunk of content) chunks.push(chunk);
    this.#files.set(inside(path), Buffer.concat(chunks).toString('utf8'));
  }

  async *files(): AsyncGenerator<WorkspaceFile> {
    for (const [path, text] of [...this.#files].sort(([left], [right]) => (left < right ? -1 : 1))) {
      const modifiedAt = new Date(this.#clock.now());
      yield { path, mode: 0o100644, modifiedAt, open: async () => Readable.from([Buffer.from(text)]) };
    }
  }
}

/** From the workspace's root; empty for the root itself. */
function inside(path: string): string {
  const parts = path
    .replace(/^\/workspace(?=\/|$)/, '')
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new ConveneError('path_outside_workspace');
  return parts.join('/');
}
