import { describe, expect, it, vi } from 'vitest';
import { type Command, CommandRegistry } from './registry.ts';
import { commandFor, type Key } from './shortcuts.ts';

const command = (id: string, shortcut?: string): Command => ({
  id,
  title: id,
  run: () => {},
  ...(shortcut === undefined ? {} : { shortcut }),
});
const key = (name: string, more: Partial<Key> = {}): Key => ({
  key: name,
  metaKey: false,
  ctrlKey: false,
  altKey: false,
  isComposing: false,
  ...more,
});

describe('the registry', () => {
  it('has what is registered, until it is taken back, and tells of each change', () => {
    const registry = new CommandRegistry();
    const listener = vi.fn();
    registry.subscribe(listener);
    const takeBack = registry.register([command('a'), command('b')]);
    registry.register([command('c')]);
    expect(registry.all().map(({ id }) => id)).toEqual(['c', 'a', 'b']);
    expect(registry.all()).toBe(registry.all());
    takeBack();
    expect(registry.all().map(({ id }) => id)).toEqual(['c']);
    expect(listener).toHaveBeenCalledTimes(3);
  });

  it('gives a shortcut to the newest', () => {
    const registry = new CommandRegistry();
    registry.register([command('old', 'Escape')]);
    const takeBack = registry.register([command('new', 'Escape')]);
    expect(registry.withShortcut('Escape')?.id).toBe('new');
    takeBack();
    expect(registry.withShortcut('Escape')?.id).toBe('old');
  });
});

describe('a key', () => {
  const registry = new CommandRegistry();
  registry.register([command('palette', 'mod+k'), command('stop', 'Escape'), command('focus', '/')]);

  it.each([
    ['k with Ctrl', key('k', { ctrlKey: true }), 'palette'],
    ['k with ⌘', key('k', { metaKey: true }), 'palette'],
    ['Escape', key('Escape'), 'stop'],
    ['a slash', key('/'), 'focus'],
  ])('%s runs its command', (_, pressed, id) => expect(commandFor(registry, pressed, false)?.id).toBe(id));

  it('is text in a field, but for Escape and modified ones', () => {
    expect(commandFor(registry, key('/'), true)).toBeUndefined();
    expect(commandFor(registry, key('Escape'), true)?.id).toBe('stop');
    expect(commandFor(registry, key('K', { ctrlKey: true }), true)?.id).toBe('palette');
  });

  it('belongs to an input method while it composes', () => {
    expect(commandFor(registry, key('Escape', { isComposing: true }), true)).toBeUndefined();
  });
});
