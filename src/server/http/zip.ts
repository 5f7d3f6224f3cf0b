/**
 * A workspace as a zip, file by file as it is read: only names are in memory. When nobody reads it any more, nothing more
 * is opened.
 */
import { PassThrough, Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import type { Workspace, WorkspaceFile } from '../../runtime/workspace.ts';

/** `onError`: told why the zip is not whole; its reader sees the stream break off. */
export function zipOf(workspace: Workspace, onError: (error: unknown) => void): Readable {
  const zip = new ZipFile();
  const output = new PassThrough();
  zip.outputStream.pipe(output);
  const fail = (error: unknown): void => {
    onError(error);
    output.destroy(error instanceof Error ? error : new Error(String(error)));
  };
  zip.on('error', fail);
  fill(zip, workspace, output).catch(fail);
  return output;
}

async function fill(zip: ZipFile, workspace: Workspace, output: PassThrough): Promise<void> {
  for await (const file of workspace.files()) {
    if (output.destroyed) return;
    const content = new PassThrough();
    zip.addReadStream(content, file.path, { mode: file.mode, mtime: file.modifiedAt });
    await copy(file, content, output);
  }
  zip.end();
}

/** Waits until the file is in the zip, so that one file is open, and in memory in parts, at a time. */
async function copy(file: WorkspaceFile, content: PassThrough, output: PassThrough): Promise<void> {
  const source = await opened(file);
  const gone = (): void => {
    source.destroy();
    content.destroy();
  };
  output.once('close', gone);
  // It may have closed while the file was being opened.
  if (output.destroyed) gone();
  try {
    // A small file is read long before it is zipped: what was taken out of `content` counts.
    await Promise.all([pipeline(source, content), finished(content)]);
  } catch (error) {
    if (!output.destroyed) throw error;
  } finally {
    output.off('close', gone);
  }
}

/** What was deleted since it was listed is empty. */
async function opened(file: WorkspaceFile): Promise<Readable> {
  try {
    return await file.open();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Readable.from([]);
    throw error;
  }
}
