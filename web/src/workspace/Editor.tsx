import { type KeyboardEvent, useMemo, useRef } from 'react';
import './editor.css';

interface EditorProps {
  readonly label: string;
  readonly text: string;
  readonly onEdit: (text: string) => void;
  readonly onSave: () => void;
}

/** A text with the numbers of its lines. ⌘S or Ctrl-S saves; Tab leaves it, as it does any field. */
export function Editor({ label, onEdit, onSave, text }: EditorProps) {
  const gutter = useRef<HTMLPreElement>(null);
  const lines = text.split('\n').length;
  const numbers = useMemo(() => Array.from({ length: lines }, (_, index) => index + 1).join('\n'), [lines]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 's' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    onSave();
  };
  return (
    <div className="editor">
      <pre ref={gutter} className="editor-numbers" aria-hidden="true">
        {numbers}
      </pre>
      <textarea
        className="editor-text"
        aria-label={label}
        value={text}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        autoCorrect="off"
        wrap="off"
        onChange={(event) => onEdit(event.target.value)}
        onKeyDown={onKeyDown}
        onScroll={({ currentTarget }) => {
          if (gutter.current !== null) gutter.current.scrollTop = currentTarget.scrollTop;
        }}
      />
    </div>
  );
}
