/** ⌘K, Ctrl-K: commands and conversations by a few letters of their names. */
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useId, useRef, useState, useSyncExternalStore } from 'react';
import { fuzzyFilter } from '../commands/fuzzy.ts';
import { commandRegistry } from '../commands/registry.ts';
import { shownConversationState } from '../data/agent-state.ts';
import { client } from '../data/client.ts';
import { classes } from '../ui/classes.ts';
import { Icon } from '../ui/Icon.tsx';
import { StateDot } from '../ui/StateDot.tsx';
import { useDebounced } from '../ui/use-debounced.ts';
import { openConversation } from './navigate.ts';
import { type PaletteEntry, paletteEntries } from './palette-entries.ts';
import './palette.css';

const SEARCH_DELAY_MS = 150;

export function Palette({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const listId = useId();
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  const commands = useSyncExternalStore(commandRegistry.subscribe, commandRegistry.all);
  const entries = paletteEntries(typed, commands, useFoundConversations(typed));
  const at = Math.min(chosen, entries.length - 1);

  useEffect(() => {
    const { current } = dialog;
    current?.showModal();
    return () => current?.close();
  }, []);
  useEffect(() => {
    document.getElementById(`${listId}-${at}`)?.scrollIntoView({ block: 'nearest' });
  }, [listId, at]);

  const run = (entry: PaletteEntry | undefined): void => {
    if (entry === undefined) return;
    onClose();
    // What it opens may take the focus, which the closing dialog gives back first.
    queueMicrotask(entry.run);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (move !== 0) {
      event.preventDefault();
      setChosen((at + move + entries.length) % Math.max(entries.length, 1));
    }
    if (event.key === 'Enter' && !event.nativeEvent.isComposing) run(entries[at]);
  };

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does it, by `onCancel`
    <dialog
      ref={dialog}
      className="palette"
      aria-label="Commands and conversations"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div className="palette-input">
        <Icon name="search" />
        <input
          role="combobox"
          aria-label="Find a command or a conversation"
          aria-expanded="true"
          aria-controls={listId}
          aria-autocomplete="list"
          {...(at < 0 ? {} : { 'aria-activedescendant': `${listId}-${at}` })}
          placeholder="Find a command or a conversation"
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div id={listId} role="listbox" aria-label="Found" className="palette-list">
        {entries.map((entry, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the focus, and its keys
          <div
            key={entry.id}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            className={classes('palette-entry', index === at && 'palette-entry-chosen')}
            onPointerMove={() => setChosen(index)}
            onClick={() => run(entry)}
          >
            <span className="palette-title">{entry.title}</span>
            {entry.state === undefined ? null : <StateDot {...entry.state} />}
            {entry.shortcut === undefined ? null : <kbd className="palette-key">{entry.shortcut}</kbd>}
          </div>
        ))}
        {entries.length === 0 ? <p className="palette-nothing">Nothing found</p> : null}
      </div>
    </dialog>
  );
}

/** The newest ones that fit: by letters of the title, or by words of the text. */
function useFoundConversations(typed: string): readonly PaletteEntry[] {
  const search = useDebounced(typed.trim(), SEARCH_DELAY_MS);
  const newest = useQuery({
    queryKey: ['palette', ''],
    queryFn: ({ signal }) => client.list({ limit: 100, signal }),
  });
  const found = useQuery({
    queryKey: ['palette', search],
    queryFn: ({ signal }) => client.list({ limit: 20, query: search, signal }),
    enabled: search !== '',
  });
  const fitting = fuzzyFilter(typed, newest.data?.conversations ?? [], ({ title }) => title);
  const all = new Map([...fitting, ...(found.data?.conversations ?? [])].map((info) => [info.id, info]));
  return [...all.values()].map((info) => ({
    id: `conversation ${info.id}`,
    title: info.title,
    state: shownConversationState(info),
    run: () => openConversation(info.id),
  }));
}
