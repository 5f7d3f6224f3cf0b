import { expect, it } from 'vitest';
import { contentOf, duration, exitCodeOf, msBetween, textField, textsField } from './event-fields.ts';
import { action, observation } from './event-fixture.ts';

it('reads what is there, and nothing else', () => {
  const message = action(0, 'message', { content: 'hi', image_urls: ['a', 3] });
  expect([textField(message, 'content'), textField(message, 'image_urls'), textField(null, 'x')]).toEqual([
    'hi',
    '',
    '',
  ]);
  expect(textsField(message, 'image_urls')).toEqual(['a']);
  const answer = observation(3, 'run', 'out', { metadata: { exit_code: 2 } });
  expect([contentOf(answer), exitCodeOf(answer), exitCodeOf(message), exitCodeOf(null)]).toEqual([
    'out',
    2,
    null,
    null,
  ]);
  expect(msBetween(message, answer)).toBe(3_000);
});

it.each([
  [400, '0.4 s'],
  [12_345, '12 s'],
  [200_000, '3 min 20 s'],
])('says %d ms as %s', (ms, said) => expect(duration(ms)).toBe(said));
