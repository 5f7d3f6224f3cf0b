import { type KeyboardEvent, useRef, useState } from 'react';
import { Icon } from '../ui/Icon.tsx';
import { type FileRow, folderOf, treeStep } from './file-rows.ts';
import './file-tree.css';

interface FileTreeProps {
  readonly rows: readonly FileRow[];
  /** The file that is open beside the tree. */
  readonly selected: string | null;
  /** Files that have changes which are not saved. */
  readonly unsaved: ReadonlySet<string>;
  readonly onToggle: (folder: string) => void;
  readonly onChoose: (file: string) => void;
  /** Files were dropped on this folder; empty for the top. */
  readonly onDrop: (folder: string, data: DataTransfer) => void;
}

/** Of each level, in pixels. */
const INDENT = 14;

/** The files as a tree, for the mouse and for the keyboard (arrows, Home, End, Enter, letters). */
export function FileTree({ onChoose, onDrop, onToggle, rows, selected, unsaved }: FileTreeProps) {
  const [current, setCurrent] = useState<string | null>(null);
  const [target, setTarget] = useState<string | null>(null);
  const tree = useRef<HTMLDivElement>(null);
  const reachable = rows.some(({ path }) => path === current) ? current : (rows[0]?.path ?? null);

  const focus = (path: string): void => {
    setCurrent(path);
    tree.current?.querySelector<HTMLElement>(`[data-path="${CSS.escape(path)}"]`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const step = treeStep(rows, reachable, event.key);
    if (step === null) return;
    event.preventDefault();
    event.stopPropagation(); // a letter looks for a name here, and is no shortcut of the page
    if ('to' in step) focus(step.to);
    else if ('choose' in step) onChoose(step.choose);
    else onToggle('open' in step ? step.open : step.close);
  };
  const folderAt = (row: FileRow): string => (row.isFolder ? row.path : folderOf(row.path));

  return (
    <div
      ref={tree}
      className="file-tree"
      role="tree"
      aria-label="Files"
      onKeyDown={onKeyDown}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return;
        event.preventDefault();
        setTarget(targetOf(event.target));
      }}
      onDragLeave={() => setTarget(null)}
      onDrop={(event) => {
        event.preventDefault();
        setTarget(null);
        onDrop(targetOf(event.target), event.dataTransfer);
      }}
      data-target={target === '' ? true : undefined}
    >
      {rows.map((row) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the tree takes the keys
        <div
          key={row.path}
          className="file-row"
          role="treeitem"
          tabIndex={row.path === reachable ? 0 : -1}
          aria-level={row.level}
          aria-posinset={row.place}
          aria-setsize={row.siblings}
          aria-selected={row.path === selected}
          {...(row.isFolder ? { 'aria-expanded': row.isOpen } : {})}
          data-path={row.path}
          data-folder={folderAt(row)}
          data-target={target !== null && target !== '' && row.path === target ? true : undefined}
          style={{ paddingLeft: 4 + (row.level - 1) * INDENT }}
          onClick={() => {
            setCurrent(row.path);
            if (row.isFolder) onToggle(row.path);
            else onChoose(row.path);
          }}
        >
          <span className="file-row-icon" data-open={row.isOpen ? true : undefined}>
            {row.isFolder ? <Icon name="chevron" /> : null}
          </span>
          <span className="file-row-name">{row.name}</span>
          {unsaved.has(row.path) ? (
            <span className="file-row-unsaved" role="img" aria-label="not saved" />
          ) : null}
          {row.note === null ? null : <span className="file-row-note">{row.note}</span>}
        </div>
      ))}
    </div>
  );
}

/** The folder that something is held over; empty for the top. */
function targetOf(element: EventTarget): string {
  if (!(element instanceof Element)) return '';
  return element.closest<HTMLElement>('[data-folder]')?.dataset['folder'] ?? '';
}
