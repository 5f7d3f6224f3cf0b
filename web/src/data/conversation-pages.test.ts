import type { ConversationInfo, ConversationPage } from 'convene/client';
import { describe, expect, it } from 'vitest';
import { type LoadedPages, withChanged, withFreshPage } from './conversation-pages.ts';
import { ShownConversations } from './shown-conversations.ts';

const info = (id: string, title = id): ConversationInfo => ({
  id,
  title,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  repository: null,
  status: 'STOPPED',
  agentState: 'finished',
});
const page = (ids: string, next: string | null = null): ConversationPage => ({
  conversations: [...ids].map((id) => info(id)),
  next,
});
const loaded = (...pages: ConversationPage[]): LoadedPages => ({
  pages,
  pageParams: pages.map((_, index) => (index === 0 ? null : `to ${index}`)),
});
const ids = (pages: LoadedPages): string =>
  new ShownConversations()
    .of(pages.pages, new Set())
    .map(({ id }) => id)
    .join('');

describe('a fresh first page', () => {
  const before = loaded(page('fed', 'd'), page('cb', 'b'));

  it('that is the same changes nothing', () => {
    expect(withFreshPage(before, 0, page('fed', 'd'))).toBe(before);
  });

  it('brings what is new, and loses nothing that moved on', () => {
    const after = withFreshPage(before, 0, page('hgf', 'f'));
    expect(ids(after)).toBe('hgfedcb');
    expect(ids(withFreshPage(after, 0, page('ihg', 'g')))).toBe('ihgfedcb');
  });

  it('leaves out what was deleted, and shows nothing twice', () => {
    expect(ids(withFreshPage(before, 0, page('fdc', 'c')))).toBe('fdcb');
  });

  it('begins anew where there is a gap', () => {
    expect(withFreshPage(before, 0, page('zyx', 'x'))).toEqual(loaded(page('zyx', 'x')));
  });

  it('shrinks to nothing with the list', () => {
    expect(ids(withFreshPage(loaded(page('a')), 0, page('')))).toBe('');
  });

  it('brings changes', () => {
    const renamed = { ...page('fed', 'd'), conversations: [info('f', 'new'), info('e'), info('d')] };
    expect(withFreshPage(before, 0, renamed).pages[0]?.conversations[0]?.title).toBe('new');
  });
});

it('a fresh later page takes the place of the old one', () => {
  const before = loaded(page('fed', 'd'), page('cb', 'b'));
  expect(ids(withFreshPage(before, 1, page('c', null)))).toBe('fedc');
  expect(withFreshPage(before, 7, page('c', null))).toBe(before);
});

it('changes and removals reach every page', () => {
  const before = loaded(page('fe', 'e'), page('dc'));
  expect(ids(withChanged(before, (one) => (one.id === 'd' ? null : one)))).toBe('fec');
});

describe('what is shown', () => {
  const none: ReadonlySet<string> = new Set();
  const shownIds = (infos: readonly ConversationInfo[]): string => infos.map(({ id }) => id).join('');

  it('leaves out what is about to be deleted', () => {
    expect(shownIds(new ShownConversations().of([page('abc')], new Set(['b'])))).toBe('ac');
  });

  it('goes on with pages more, and begins anew where one has changed', () => {
    const shown = new ShownConversations();
    const first = page('fed', 'd');
    expect(shownIds(shown.of([first], none))).toBe('fed');
    const both = [first, page('dcb')];
    expect(shownIds(shown.of(both, none))).toBe('fedcb');
    expect(shown.of(both, none)).toBe(shown.of([...both], none));
    expect(shownIds(shown.of([page('gf', 'f'), page('dcb')], none))).toBe('gfdcb');
    expect(shownIds(shown.of([first], new Set(['e'])))).toBe('fd');
  });

  it('takes a page of 100,000 conversations for what that page costs', () => {
    const pages = Array.from({ length: 2_000 }, (_, index) => ({
      conversations: Array.from({ length: 50 }, (__, place) => info(`${index}-${place}`)),
      next: String(index),
    }));
    const shown = new ShownConversations();
    shown.of(pages.slice(0, -10), none);
    const startedAt = performance.now();
    for (let left = 9; left >= 0; left -= 1) shown.of(pages.slice(0, pages.length - left), none);
    expect(performance.now() - startedAt).toBeLessThan(500);
    expect(shown.of(pages, none)).toHaveLength(100_000);
  });
});
