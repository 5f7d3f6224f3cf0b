import type { ConversationInfo, ConversationPage } from 'convene/client';
import { describe, expect, it } from 'vitest';
import { type LoadedPages, shownOf, withChanged, withFreshPage } from './conversation-pages.ts';

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
  shownOf(pages.pages, new Set())
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

it('what is about to be deleted is not shown', () => {
  const shown = shownOf([page('abc')], new Set(['b']));
  expect(shown.map(({ id }) => id)).toEqual(['a', 'c']);
});
