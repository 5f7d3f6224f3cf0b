/** An upload that says how far it is, which `fetch` can't. */
import type { ChosenFile } from './dropped-files.ts';

export interface UploadOutcome {
  /** What was not kept, and why; a line each. */
  readonly problems: readonly string[];
  readonly uploaded: number;
}

export interface UploadOptions {
  /** From 0 to 1. */
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

/** Rejects with a message for people, and with the signal's reason. */
export function upload(
  url: string,
  files: readonly ChosenFile[],
  { onProgress, signal }: UploadOptions,
): Promise<UploadOutcome> {
  const form = new FormData();
  for (const { file, path } of files) form.append('files', file, path);
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    const abort = (): void => request.abort();
    signal.addEventListener('abort', abort, { once: true });
    request.open('POST', url);
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 1 : loaded / total);
    request.onload = () => {
      const outcome = outcomeOf(request.response);
      if (outcome !== null) resolve(outcome);
      else reject(new Error(failureOf(request.response, request.status)));
    };
    request.onerror = () => reject(new Error('The connection was lost.'));
    request.onabort = () => reject(signal.reason);
    request.onloadend = () => signal.removeEventListener('abort', abort);
    request.send(form);
  });
}

/** Null where the answer is no report. */
export function outcomeOf(answer: unknown): UploadOutcome | null {
  const { skipped_files: skipped, uploaded_files: uploaded } = Object(answer);
  if (!Array.isArray(uploaded) || !Array.isArray(skipped)) return null;
  const problems = skipped.map((one: unknown) => {
    const { name, reason } = Object(one);
    return `${name}: ${reason}`;
  });
  return { uploaded: uploaded.length, problems };
}

function failureOf(answer: unknown, status: number): string {
  const { error } = Object(answer);
  const message = typeof error === 'string' ? error : Object(error).message;
  return typeof message === 'string' ? message : `The server answered with ${status}.`;
}
