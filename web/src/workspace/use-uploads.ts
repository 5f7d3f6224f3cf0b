import { useCallback, useEffect, useRef, useState } from 'react';
import { client } from '../data/client.ts';
import { toasts } from '../ui/toasts.ts';
import { type ChosenFile, droppedFiles } from './dropped-files.ts';
import { upload } from './upload.ts';

export interface Uploads {
  /** From 0 to 1; null where nothing is under way. */
  readonly progress: number | null;
  /** What of the last one was not kept; for people. */
  readonly failure: string | null;
  readonly start: (folder: string, files: readonly ChosenFile[]) => void;
  readonly drop: (folder: string, data: DataTransfer) => void;
  readonly dismiss: () => void;
}

export function useUploads(conversationId: string, onUploaded: () => void): Uploads {
  const [progress, setProgress] = useState<number | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const leaving = useRef(new AbortController());
  useEffect(() => {
    leaving.current = new AbortController();
    return () => leaving.current.abort();
  }, []);

  const send = useCallback(
    async (folder: string, chosen: Promise<readonly ChosenFile[]>) => {
      const { signal } = leaving.current;
      try {
        const files = (await chosen).map(({ file, path }) => ({ file, path: folder + path }));
        if (files.length === 0) return;
        setFailure(null);
        setProgress(0);
        const { uploadUrl } = client.files(conversationId);
        const { problems, uploaded } = await upload(uploadUrl, files, { onProgress: setProgress, signal });
        if (uploaded > 0) toasts.show(`${uploaded} ${uploaded === 1 ? 'file' : 'files'} uploaded.`);
        if (problems.length > 0) setFailure(['Not uploaded:', ...problems].join('\n'));
      } catch (error) {
        if (signal.aborted) return;
        setFailure(`Not uploaded: ${messageOf(error)}`);
      } finally {
        setProgress(null);
        onUploaded();
      }
    },
    [conversationId, onUploaded],
  );

  return {
    progress,
    failure,
    start: useCallback((folder, files) => void send(folder, Promise.resolve(files)), [send]),
    drop: useCallback((folder, data) => void send(folder, droppedFiles(data)), [send]),
    dismiss: useCallback(() => setFailure(null), []),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
