/** The files of one conversation's workspace. Paths are relative to it. */
import type { Http, RequestOptions } from './http.ts';
import { badAnswer, isRecord, isStrings, listOf, textOf } from './json.ts';

export interface UploadedFile {
  readonly name: string;
  readonly content: Blob | string;
}

export interface UploadReport {
  /** The names of those that are there now. */
  readonly uploaded: readonly string[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

export class ConversationFiles {
  readonly #http: Http;
  readonly #path: string;

  /** `path`: of the conversation's routes. */
  constructor(http: Http, path: string) {
    this.#http = http;
    this.#path = path;
  }

  /** Names of what is in a folder; folders end in `/`, and what the workspace ignores is left out. */
  async list(folder?: string, options: RequestOptions = {}): Promise<readonly string[]> {
    const answer = await this.#http.json(`${this.#path}/list-files`, { ...options, query: { path: folder } });
    if (!isStrings(answer)) throw badAnswer('no list of names');
    return answer;
  }

  /** The text of a file. Throws `file_not_found`. */
  async read(file: string, options: RequestOptions = {}): Promise<string> {
    return textOf(
      await this.#http.json(`${this.#path}/select-file`, { ...options, query: { file } }),
      'code',
    );
  }

  /** Writes a file, and the folders on the way to it. */
  async save(file: string, content: string, options: RequestOptions = {}): Promise<void> {
    const body = { filePath: file, content };
    await this.#http.json(`${this.#path}/save-file`, { ...options, method: 'POST', body });
  }

  async upload(files: readonly UploadedFile[], options: RequestOptions = {}): Promise<UploadReport> {
    const body = new FormData();
    for (const { name, content } of files) {
      body.append('files', typeof content === 'string' ? new Blob([content]) : content, name);
    }
    const answer = await this.#http.json(`${this.#path}/upload-files`, { ...options, method: 'POST', body });
    return {
      uploaded: listOf(answer, 'uploaded_files', (name) => typeof name === 'string'),
      skipped: listOf(answer, 'skipped_files', isSkipped),
    };
  }

  /** Where a file can be had as it is: an image for a page, anything else to download. */
  rawUrl(file: string): string {
    return this.#http.url(`${this.#path}/raw-file`, { file });
  }

  /** Where files are posted, as `files` of a form: for whoever wants to know how far an upload is. */
  get uploadUrl(): string {
    return this.#http.url(`${this.#path}/upload-files`);
  }

  /** Where the whole workspace can be downloaded as a zip. */
  get zipUrl(): string {
    return this.#http.url(`${this.#path}/zip-directory`);
  }
}

function isSkipped(value: unknown): value is { readonly name: string; readonly reason: string } {
  return isRecord(value) && typeof value['name'] === 'string' && typeof value['reason'] === 'string';
}
