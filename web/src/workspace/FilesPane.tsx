/** The files of a conversation: the tree, and the file that is open. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { client } from '../data/client.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { EmptyState } from '../ui/EmptyState.tsx';
import { Icon } from '../ui/Icon.tsx';
import { FileTree } from './FileTree.tsx';
import { FileView } from './FileView.tsx';
import { lossIn } from './file-changes.ts';
import { fileRows } from './file-rows.ts';
import type { ConversationLive } from './live.ts';
import { isDirty, type OpenFile, type OpenFileStep, openFile, stepOpenFile } from './open-file.ts';
import { keepUnsaved, unsavedOf } from './unsaved-files.ts';
import { useFileRefresh, useFolders } from './use-folders.ts';
import { type Uploads, useUploads } from './use-uploads.ts';
import './files-pane.css';

interface FilesPaneProps {
  readonly conversationId: string;
  readonly live: ConversationLive;
}

export function FilesPane({ conversationId, live }: FilesPaneProps) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState<string | null>(null);
  const [files, setFiles] = useState<ReadonlyMap<string, OpenFile>>(() => unsavedOf(conversationId));
  const pane = useRef<HTMLDivElement>(null);
  const folders = useFolders(conversationId, open);
  const refresh = useFileRefresh(conversationId, live);
  const uploads = useUploads(conversationId, refresh);
  const [loss, setLoss] = useState<string | null>(null);
  useEffect(() => live.onEvent((event) => setLoss((before) => lossIn(event) ?? before)), [live]);
  const rows = fileRows(folders.listings, open);
  const unsaved = useMemo(
    () => new Set([...files].flatMap(([path, file]) => (isDirty(file) ? [path] : []))),
    [files],
  );
  useLeaveWarning(unsaved.size > 0);
  useEffect(() => keepUnsaved(conversationId, files), [conversationId, files]);

  const onStep = useCallback(
    (step: OpenFileStep) => {
      if (chosen !== null) setFiles((before) => stepped(before, chosen, step));
    },
    [chosen],
  );
  const choose = (path: string | null): void => {
    setChosen(path);
    // What is neither open nor edited is read anew when it is opened again.
    setFiles((before) => new Map([...before].filter(([, file]) => isDirty(file))));
  };

  return (
    <div ref={pane} className="files-pane" data-viewing={chosen === null ? undefined : true}>
      <div className="files-side">
        <FilesBar zipUrl={client.files(conversationId).zipUrl} uploads={uploads} onRefresh={refresh} />
        <UploadNotice uploads={uploads} />
        {loss === null ? null : <Notice text={loss} onDismiss={() => setLoss(null)} />}
        {folders.failure !== null ? (
          <EmptyState title="The files can’t be shown">
            <p role="status">{folders.failure}</p>
          </EmptyState>
        ) : rows.length === 0 && !folders.isLoading ? (
          <DropZone onDrop={(data) => uploads.drop('', data)} />
        ) : (
          <FileTree
            rows={rows}
            selected={chosen}
            unsaved={unsaved}
            onToggle={(folder) => setOpen((before) => toggled(before, folder))}
            onChoose={choose}
            onDrop={uploads.drop}
          />
        )}
      </div>
      {chosen === null ? null : (
        <FileView
          key={chosen}
          conversationId={conversationId}
          path={chosen}
          file={files.get(chosen) ?? null}
          onStep={onStep}
          onClose={() => {
            flushSync(() => choose(null));
            pane.current?.querySelector<HTMLElement>(`[data-path="${CSS.escape(chosen)}"]`)?.focus();
          }}
        />
      )}
    </div>
  );
}

function FilesBar({
  onRefresh,
  uploads,
  zipUrl,
}: {
  readonly zipUrl: string;
  readonly uploads: Uploads;
  readonly onRefresh: () => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <div className="files-bar">
      <Button look="quiet" icon="upload" onClick={() => input.current?.click()}>
        Upload
      </Button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Files to upload"
        onChange={({ target }) => {
          uploads.start(
            '',
            [...(target.files ?? [])].map((file) => ({ file, path: file.name })),
          );
          target.value = ''; // the same file may be chosen again
        }}
      />
      <a className="button button-quiet" href={zipUrl} download="workspace.zip">
        <Icon name="download" />
        Download all
      </a>
      <IconButton icon="refresh" label="Look again" onClick={onRefresh} className="files-bar-end" />
    </div>
  );
}

function UploadNotice({ uploads: { dismiss, failure, progress } }: { readonly uploads: Uploads }) {
  if (progress !== null) {
    return (
      <div className="files-notice" role="status">
        <label className="files-progress">
          <span>Uploading… {Math.round(progress * 100)} %</span>
          <progress value={progress} />
        </label>
      </div>
    );
  }
  return failure === null ? null : <Notice text={failure} onDismiss={dismiss} />;
}

/** What went wrong. */
function Notice({ onDismiss, text }: { readonly text: string; readonly onDismiss: () => void }) {
  return (
    <div className="files-notice" role="alert" data-failure>
      <p>{text}</p>
      <IconButton icon="close" label="Dismiss" onClick={onDismiss} />
    </div>
  );
}

function DropZone({ onDrop }: { readonly onDrop: (data: DataTransfer) => void }) {
  const [isOver, setIsOver] = useState(false);
  return (
    <section
      className="files-empty"
      aria-label="Files"
      data-target={isOver || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        onDrop(event.dataTransfer);
      }}
    >
      <EmptyState title="No files yet">
        <p>What the agent makes appears here. Drop files to give it some.</p>
      </EmptyState>
    </section>
  );
}

/** The browser asks before the page is left with changes that nobody has saved. */
function useLeaveWarning(isWanted: boolean): void {
  useEffect(() => {
    if (!isWanted) return;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isWanted]);
}

function stepped(
  files: ReadonlyMap<string, OpenFile>,
  path: string,
  step: OpenFileStep,
): ReadonlyMap<string, OpenFile> {
  const before = files.get(path);
  const file = before === undefined && step.type === 'read' ? openFile(step.text) : before;
  if (file === undefined) return files;
  const next = before === undefined ? file : stepOpenFile(file, step);
  return next === before ? files : new Map(files).set(path, next);
}

function toggled(set: ReadonlySet<string>, member: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(member)) next.add(member);
  return next;
}
