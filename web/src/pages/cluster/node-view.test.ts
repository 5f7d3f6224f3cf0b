import { expect, it } from 'vitest';
import { duration, milliseconds, nodeName } from './node-view.ts';

it.each([
  [500, '0 s'],
  [59_000, '59 s'],
  [125_000, '2 min 5 s'],
  [3_600_000, '1 h 0 min'],
  [273_600_000, '3 d 4 h'],
])('%d ms are %j', (ms, text) => expect(duration(ms)).toBe(text));

it.each([
  [12.4, '12 ms'],
  [1_500, '1.5 s'],
])('%d ms of a takeover are %j', (ms, text) => expect(milliseconds(ms)).toBe(text));

it.each([
  ['http://10.0.0.1:3000/', '10.0.0.1:3000'],
  [null, 'abcdefgh'],
])('a node at %s is called %j', (url, name) => expect(nodeName({ id: 'abcdefghijklm', url })).toBe(name));
