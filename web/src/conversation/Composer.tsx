import {
  type ClipboardEvent,
  type DragEvent,
  type KeyboardEvent,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { IconButton } from '../ui/Button.tsx';
import { classes } from '../ui/classes.ts';
import { showError } from '../ui/toasts.ts';
import { imagesIn, readImage } from './composer-images.ts';
import './composer.css';

interface ComposerProps {
  readonly conversationId: string;
  readonly placeholder: string;
  /** Under the field. */
  readonly hint: string;
  readonly onSend: (text: string, imageUrls: readonly string[]) => void;
}

/** Where a message is written. What is not sent yet survives a reload. */
export function Composer({ conversationId, hint, onSend, placeholder }: ComposerProps) {
  const key = `convene.draft.${conversationId}`;
  const [text, setText] = useState(() => localStorage.getItem(key) ?? '');
  const [images, setImages] = useState<readonly string[]>([]);
  const [isOver, setOver] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const isEmpty = text.trim() === '' && images.length === 0;

  useLayoutEffect(() => {
    const { current } = field;
    if (current === null || text === undefined) return;
    current.style.height = 'auto';
    current.style.height = `${current.scrollHeight + 2}px`;
  }, [text]);

  const change = (value: string): void => {
    setText(value);
    try {
      if (value === '') localStorage.removeItem(key);
      else localStorage.setItem(key, value);
    } catch {
      // A full storage: the text is still in the field.
    }
  };
  const send = (): void => {
    if (isEmpty) return;
    onSend(text.trim(), images);
    change('');
    setImages([]);
  };
  const add = (files: readonly File[]): void => {
    for (const file of files) {
      readImage(file).then(
        (url) => setImages((before) => [...before, url]),
        (error: unknown) => showError(`Cannot add ${file.name}`, error),
      );
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const onPaste = (event: ClipboardEvent): void => {
    const files = imagesIn(event.clipboardData.files);
    if (files.length === 0) return;
    event.preventDefault();
    add(files);
  };
  const onDrop = (event: DragEvent): void => {
    setOver(false);
    const files = imagesIn(event.dataTransfer.files);
    if (files.length === 0) return;
    event.preventDefault();
    add(files);
  };

  return (
    <form
      className={classes('composer', isOver && 'composer-over')}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      {images.length === 0 ? null : (
        <ul className="composer-images" aria-label="Images">
          {images.map((url, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the same image may be there twice
            <li key={index}>
              <img src={url} alt={`To be sent, ${index + 1}`} />
              <IconButton
                icon="close"
                label={`Remove image ${index + 1}`}
                onClick={() => setImages(images.filter((_, place) => place !== index))}
              />
            </li>
          ))}
        </ul>
      )}
      <div className="composer-line">
        <textarea
          ref={field}
          id="composer-field"
          className="composer-field"
          rows={1}
          aria-label="Message"
          aria-describedby="composer-hint"
          placeholder={placeholder}
          value={text}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        <button
          type="submit"
          className="composer-send"
          aria-label="Send"
          title="Send (Enter)"
          disabled={isEmpty}
        >
          <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d="M8 13V3.5M4 7l4-4 4 4" />
          </svg>
        </button>
      </div>
      <p id="composer-hint" className="composer-hint">
        {hint}
      </p>
    </form>
  );
}

/** Puts the cursor into the field of the open conversation. */
export function focusComposer(): void {
  document.getElementById('composer-field')?.focus();
}
