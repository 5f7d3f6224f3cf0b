import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { IconButton } from './Button.tsx';
import { classes } from './classes.ts';
import { Icon, type IconName } from './Icon.tsx';
import './menu.css';

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName;
  readonly isDangerous?: boolean;
  readonly onSelect: () => void;
}

interface MenuProps {
  /** Of the button. */
  readonly label: string;
  readonly items: readonly MenuItem[];
  /** @default 'more' */
  readonly icon?: IconName;
}

const WIDTH = 200;
const ITEM_HEIGHT = 36;
const MARGIN = 8;

/** A button that opens a list of actions: arrows move, Enter selects, Escape closes. */
export function Menu({ icon = 'more', items, label }: MenuProps) {
  const button = useRef<HTMLSpanElement>(null);
  const [place, setPlace] = useState<{ left: number; top: number } | null>(null);
  const id = useId();
  const close = (): void => {
    setPlace(null);
    button.current?.querySelector('button')?.focus();
  };
  return (
    <span ref={button} className="menu-anchor">
      <IconButton
        icon={icon}
        label={label}
        aria-haspopup="menu"
        aria-expanded={place !== null}
        {...(place === null ? {} : { 'aria-controls': id })}
        onClick={(event) => {
          event.preventDefault();
          event.stopPropagation();
          setPlace(place === null ? placeBelow(event.currentTarget, items.length) : null);
        }}
      />
      {place === null ? null : <MenuList id={id} label={label} items={items} place={place} onClose={close} />}
    </span>
  );
}

interface MenuListProps {
  readonly id: string;
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly place: { readonly left: number; readonly top: number };
  readonly onClose: () => void;
}

/** The open list of a menu, for a button that is no `Menu`. */
export function MenuList({ id, items, label, onClose, place }: MenuListProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector('button')?.focus();
  }, []);
  useEffect(() => {
    const closeOutside = (event: Event): void => {
      if (event.target instanceof Node && list.current?.contains(event.target)) return;
      onClose();
    };
    document.addEventListener('pointerdown', closeOutside, true);
    window.addEventListener('resize', onClose);
    return () => {
      document.removeEventListener('pointerdown', closeOutside, true);
      window.removeEventListener('resize', onClose);
    };
  }, [onClose]);

  const move = (event: KeyboardEvent): void => {
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])];
    const at = buttons.findIndex((button) => button.matches(':focus'));
    const last = buttons.length - 1;
    const next = new Map([
      ['ArrowDown', at === last ? 0 : at + 1],
      ['ArrowUp', at <= 0 ? last : at - 1],
      ['Home', 0],
      ['End', last],
    ]).get(event.key);
    if (next !== undefined) buttons[next]?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') onClose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return createPortal(
    <div ref={list} id={id} role="menu" aria-label={label} className="menu" style={place} onKeyDown={move}>
      {items.map(({ icon, isDangerous, label: text, onSelect }) => (
        <button
          key={text}
          type="button"
          role="menuitem"
          tabIndex={-1}
          className={classes('menu-item', isDangerous && 'menu-item-dangerous')}
          onClick={(event) => {
            event.stopPropagation();
            onClose();
            onSelect();
          }}
        >
          {icon === undefined ? null : <Icon name={icon} />}
          {text}
        </button>
      ))}
    </div>,
    document.body,
  );
}

/** Under the button, or above it where there is no room. */
export function placeBelow(button: HTMLElement, count: number): { left: number; top: number } {
  const { bottom, right, top } = button.getBoundingClientRect();
  const height = count * ITEM_HEIGHT + 2 * MARGIN;
  const fits = bottom + height + MARGIN <= window.innerHeight;
  return {
    left: Math.max(MARGIN, Math.min(right - WIDTH, window.innerWidth - WIDTH - MARGIN)),
    top: fits ? bottom + 4 : Math.max(MARGIN, top - height - 4),
  };
}
