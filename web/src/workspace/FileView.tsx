/** One file: shown, edited and saved; an image as an image. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { isClientError } from 'convene/client';
import { useEffect, useRef, useState } from 'react';
import { client } from '../data/client.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Editor } from './Editor.tsx';
import { nameOf } from './file-rows.ts';
import { asIn, forEditor } from './line-ends.ts';
import { isDirty, type OpenFile, type OpenFileStep } from './open-file.ts';
import { filesKey, retryInterval } from './use-folders.ts';
import { wordsOf } from './words.ts';
import './file-view.css';

const image = /\.(avif|bmp|gif|ico|jpe?g|png|svg|webp)$/i;
/** Above this an editor of this kind is no pleasure. */
const MAX_EDITED = 1_000_000;

interface FileViewProps {
  readonly conversationId: string;
  readonly path: string;
  /** Null until it was read. */
  readonly file: OpenFile | null;
  readonly onStep: (step: OpenFileStep) => void;
  readonly onClose: () => void;
}

export function FileView({ conversationId, file, onClose, onStep, path }: FileViewProps) {
  const files = client.files(conversationId);
  const isDirtyNow = file !== null && isDirty(file);
  const view = useRef<HTMLElement>(null);
  useEffect(() => view.current?.focus(), []); // the tree that had the focus may be gone
  return (
    <section ref={view} className="file-view" aria-label={path} tabIndex={-1}>
      <header className="file-view-bar">
        <IconButton icon="back" label="Back to the files" onClick={onClose} className="file-view-back" />
        <h3 className="file-view-name" title={path}>
          {nameOf(path)}
          {isDirtyNow ? <span className="file-view-unsaved">not saved</span> : null}
        </h3>
        <a className="button button-quiet" href={files.rawUrl(path)} download={nameOf(path)}>
          Download
        </a>
      </header>
      {image.test(path) ? (
        <ImageView key={path} url={files.rawUrl(path)} name={nameOf(path)} />
      ) : (
        <TextView conversationId={conversationId} path={path} file={file} onStep={onStep} />
      )}
    </section>
  );
}

function ImageView({ name, url }: { readonly url: string; readonly name: string }) {
  const [failed, setFailed] = useState(false);
  if (failed) return <p className="file-view-note">This image can’t be shown.</p>;
  return (
    <div className="file-view-image">
      <img src={url} alt={name} onError={() => setFailed(true)} />
    </div>
  );
}

type TextViewProps = Omit<FileViewProps, 'onClose'>;

function TextView({ conversationId, file, onStep, path }: TextViewProps) {
  const queries = useQueryClient();
  const files = client.files(conversationId);
  const queryKey = [...filesKey(conversationId), 'text', path];
  const { data, error } = useQuery({
    queryKey,
    queryFn: ({ signal }) => files.read(path, { signal }),
    refetchInterval: retryInterval,
  });
  useEffect(() => {
    if (data !== undefined) onStep({ type: 'read', text: data });
  }, [data, onStep]);

  const save = async (open: OpenFile): Promise<void> => {
    const { text } = open;
    onStep({ type: 'saving' });
    try {
      const now = await files.read(path).catch((reason: unknown) => {
        if (isClientError(reason, 'file_not_found')) return open.base; // gone: saving makes it again
        throw reason;
      });
      if (now !== open.base) {
        onStep({ type: 'read', text: now });
        return;
      }
      await files.save(path, text);
      onStep({ type: 'saved', text });
      queries.setQueryData(queryKey, text);
    } catch (reason) {
      onStep({ type: 'failed', message: wordsOf(reason) });
    }
  };

  if (file === null) {
    if (error === null) return <p className="file-view-note">Loading…</p>;
    const isBinary = isClientError(error, 'invalid_request');
    return (
      <p className="file-view-note" role="status">
        {isBinary ? 'This is no text. Download it to see what is in it.' : wordsOf(error)}
      </p>
    );
  }
  if (file.text.length > MAX_EDITED) {
    return <p className="file-view-note">This file is too large to be edited here. Download it instead.</p>;
  }
  const isDirtyNow = isDirty(file);
  const isGone = isClientError(error, 'file_not_found');
  return (
    <>
      {file.theirs === null ? null : (
        <div className="file-view-notice" role="alert">
          <p>This file has changed in the workspace while you were editing it.</p>
          <Button onClick={() => onStep({ type: 'take-theirs' })}>Take the new version</Button>
          <Button onClick={() => onStep({ type: 'keep-mine' })}>Keep mine</Button>
        </div>
      )}
      {isGone ? (
        <p className="file-view-notice" role="status">
          This file was deleted. Saving makes it again.
        </p>
      ) : null}
      {file.failure === null ? null : (
        <p className="file-view-notice" role="alert">
          Not saved: {file.failure}
        </p>
      )}
      <Editor
        label={`Text of ${path}`}
        text={forEditor(file.text)}
        onEdit={(text) => onStep({ type: 'edit', text: asIn(file.base, text) })}
        onSave={() => {
          if ((isDirtyNow || isGone) && file.theirs === null) void save(file);
        }}
      />
      {isDirtyNow || isGone ? (
        <footer className="file-view-foot">
          <Button
            look="primary"
            disabled={file.isSaving || file.theirs !== null}
            onClick={() => void save(file)}
          >
            {file.isSaving ? 'Saving…' : 'Save'}
          </Button>
          <Button look="quiet" onClick={() => onStep({ type: 'discard' })}>
            Discard changes
          </Button>
        </footer>
      ) : null}
    </>
  );
}
