import { describe, expect, it } from 'vitest';
import { fuzzyFilter, fuzzyScore } from './fuzzy.ts';

const titles = ['Pause the agent', 'New conversation', 'Open the cluster', 'Go to settings', 'Continue'];
const find = (query: string) => fuzzyFilter(query, titles, (title) => title);

describe('a fuzzy search', () => {
  it.each([
    ['nc', 'New conversation'],
    ['newc', 'New conversation'],
    ['clus', 'Open the cluster'],
    ['PAUSE', 'Pause the agent'],
    ['go set', 'Go to settings'],
  ])('finds %j as %j first', (query, title) => expect(find(query)[0]).toBe(title));

  it('leaves out what lacks a letter, and keeps everything for nothing', () => {
    expect(find('xyz')).toEqual([]);
    expect(find(' ')).toBe(titles);
  });

  it('prefers beginnings of words and runs of letters', () => {
    const whole = fuzzyScore('con', 'Continue');
    const scattered = fuzzyScore('con', 'a cat of note');
    expect(whole).not.toBeNull();
    expect(whole ?? 0).toBeGreaterThan(scattered ?? 0);
  });
});
