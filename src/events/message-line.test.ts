import { describe, expect, it } from 'vitest';
import type { EventBody } from './event.ts';
import { actionKinds, observationKinds } from './kinds.ts';
import { messageLine } from './message-line.ts';
import { errorObservation, runObservation, stateObservation } from './observations.ts';
import { parseStoredBody } from './stored-body.ts';

describe('the human line', () => {
  it.each<[EventBody, string]>([
    [parseStoredBody('{"action":"message","args":{"content":"Hi\\nthere"}}'), 'Hi\nthere'],
    [parseStoredBody('{"action":"run","args":{"command":"ls"}}'), 'Running command: ls'],
    [parseStoredBody('{"action":"read","args":{"path":"a.txt"}}'), 'Reading a.txt'],
    [parseStoredBody('{"action":"finish","args":{"outputs":{},"thought":""}}'), 'The task is done.'],
    [parseStoredBody('{"action":"finish","args":{"outputs":{},"thought":"Fixed."}}'), 'Fixed.'],
    [parseStoredBody('{"action":"a_later_kind","args":{}}'), 'Action: a_later_kind'],
    [parseStoredBody('{"observation":"a_later_kind"}'), 'Observation: a_later_kind'],
    [runObservation({ command: 'ls', content: 'x', exitCode: 2 }), 'Exit code 2: ls'],
    [runObservation({ command: 'ls', content: 'x', exitCode: -1 }), 'Did not end: ls'],
    [stateObservation('paused'), 'The agent is now paused'],
    [stateObservation('error', 'no key'), 'The agent is now error: no key'],
    [errorObservation('No such file'), 'No such file'],
  ])('of %j is %j', (body, line) => {
    expect(messageLine(body)).toBe(line);
  });

  const text = new Proxy({}, { get: () => 'x', has: () => true });

  it.each([...actionKinds].filter((kind) => kind !== 'null'))('is there for the action %s', (action) => {
    expect(
      messageLine(Object.assign(parseStoredBody(JSON.stringify({ action, args: {} })), { args: text })),
    ).not.toBe('');
  });

  it.each([...observationKinds].filter((kind) => kind !== 'null'))(
    'is there for the observation %s',
    (observation) => {
      const body = parseStoredBody(JSON.stringify({ observation, content: 'x', extras: { metadata: {} } }));
      expect(messageLine(body)).not.toBe('');
    },
  );
});
