import { expect, it } from 'vitest';
import { redactedParts } from './redacted.ts';

it('tells the places of secrets from the text around them', () => {
  expect(redactedParts('key=[redacted]; [redacted]')).toEqual([
    { text: 'key=', isRedacted: false },
    { text: '[redacted]', isRedacted: true },
    { text: '; ', isRedacted: false },
    { text: '[redacted]', isRedacted: true },
  ]);
  expect(redactedParts('nothing')).toEqual([{ text: 'nothing', isRedacted: false }]);
});
