import { describe, expect, it } from 'vitest';
import { fileNameOf, recordingOf } from './recording.ts';

describe('a recording', () => {
  it('is a list of events, or one with a title', () => {
    expect(recordingOf('[{"id":0}]', 'talk.json')).toEqual({ title: 'talk', trajectory: [{ id: 0 }] });
    expect(recordingOf('{"title":"A talk","trajectory":[]}', 'x.json')).toEqual({
      title: 'A talk',
      trajectory: [],
    });
  });

  it.each(['{', '{}', '7', 'null'])('is not %j', (text) => {
    expect(() => recordingOf(text, 'x')).toThrow('this file');
  });
});

it.each([
  ['Fix: a/b\\c?', 'Fix a b c'],
  ['../../etc', 'conversation'],
  ['日本語', '日本語'],
  ['', 'conversation'],
])('the file of %j is called %j', (title, name) => expect(fileNameOf(title)).toBe(name));
