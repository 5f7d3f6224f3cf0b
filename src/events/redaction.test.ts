import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventBody, kindOf, type NewEvent, type StoredEvent } from './event.ts';
import { errorObservation, runObservation, stateObservation } from './observations.ts';
import { REDACTED, redactor } from './redaction.ts';
import { parseStoredBody } from './stored-body.ts';

describe('a text', () => {
  it.each<[string[], string, string]>([
    [['s3cret'], 'key=s3cret;', 'key=[redacted];'],
    [['s3cret'], 's3crets3cret', '[redacted][redacted]'],
    [['abc', 'abcdef'], 'abcdef abc', '[redacted] [redacted]'],
    [['a.c*'], 'abc a.c*', 'abc [redacted]'],
    [['$&'], 'cost: $&', 'cost: [redacted]'],
    [['', ' ', '\n\t', 'x1'], 'a b\n\tx1', 'a b\n\t[redacted]'],
    [[' padded '], 'padded, padded ', '[redacted],[redacted]'],
    [['line1\nline2'], 'line1\r\nline2', '[redacted]'],
    [['a"b\\c'], '{"key":"a\\"b\\\\c"}', '{"key":"[redacted]"}'],
    [['line1\nline2'], '{"key":"line1\\nline2"}', '{"key":"[redacted]"}'],
    [['schlüssel'], '{"key":"schl\\u00fcssel"}', '{"key":"[redacted]"}'],
    [['nul\u0000\ud800'], 'a nul\u0000\ud800 z', 'a [redacted] z'],
  ])('without %j: %j is %j', (secrets, text, safe) => {
    expect(redactor(secrets).text(text)).toBe(safe);
  });
});

describe('a body', () => {
  const { body } = redactor(['s3cret']);

  it('is redacted at every depth, in values and in names', () => {
    const event = parseStoredBody(
      JSON.stringify({
        action: 'call_tool_mcp',
        message: 'Calling s3cret',
        args: {
          name: 't',
          thought: 'use s3cret',
          arguments: { list: [['s3cret', 1]], id: 's3cret', source: 's3cret', 's3cret-key': { a: 's3cret' } },
        },
        tool_call_metadata: { calls: [{ arguments: '{"key":"s3cret"}' }] },
      }),
    );
    const redacted = body(event);
    expect(JSON.stringify(redacted)).not.toContain('s3cret');
    expect(redacted).toEqual(JSON.parse(JSON.stringify(event).replaceAll('s3cret', REDACTED)));
  });

  it('is the same object when it holds none', () => {
    const event = runObservation({ command: 'ls', content: 'a', exitCode: 0 });
    expect(body(event)).toBe(event);
    expect(redactor([]).body(event)).toBe(event);
  });

  it('shares what is unchanged with the original, and leaves the original alone', () => {
    const event = Object.freeze(runObservation({ command: 'ls', content: 's3cret', exitCode: 0 }));
    const redacted = body(event);
    expect(redacted.content).toBe(REDACTED);
    expect(redacted.extras).toBe(event.extras);
    expect(event.content).toBe('s3cret');
  });

  it('keeps its place in the log and its kind', () => {
    const event: StoredEvent = {
      id: 1,
      timestamp: '2025-01-01T00:00:00.000Z',
      source: 'agent',
      message: 'agent 2025',
      cause: 0,
      ...errorObservation('error by agent in 2025'),
    };
    const redacted = redactor(['agent', '2025', 'error', '1']).body(event);
    expect(redacted).toMatchObject({ id: 1, timestamp: event.timestamp, source: 'agent', cause: 0 });
    expect(kindOf(redacted)).toBe('error');
    expect(redacted).toMatchObject({ message: '[redacted] [redacted]' });
  });

  it('keeps names and states of the protocol, whatever the secrets are', () => {
    const words = redactor([
      'args',
      'extras',
      'content',
      'running',
      'agent_state',
      'exit_code',
      'metadata',
      'confirm',
    ]);
    const state = stateObservation('running');
    expect(words.body(state)).toBe(state);
    const run = runObservation({ command: 'ls', content: 'running', exitCode: 0 });
    expect(words.body(run)).toEqual({ ...run, content: REDACTED });
    const action: NewEvent = {
      source: 'agent',
      ...parseStoredBody('{"action":"run","args":{"command":"confirm","confirmation_state":"confirmed"}}'),
    };
    expect(words.body(action)).toMatchObject({
      args: { command: REDACTED, confirmation_state: 'confirmed' },
    });
  });

  it('does not take a free text for a state because of its name', () => {
    const event = parseStoredBody('{"action":"finish","args":{"outputs":{"agent_state":"running"}}}');
    expect(redactor(['running']).body(event)).toMatchObject({ args: { outputs: { agent_state: REDACTED } } });
    const odd = parseStoredBody('{"action":"a_later_kind","args":{"agent_state":"s3cret"}}');
    expect(body(odd)).toMatchObject({ args: { agent_state: REDACTED } });
  });

  it('loses no value when two names become one, nor a field named __proto__', () => {
    const event = parseStoredBody(
      '{"action":"finish","args":{"outputs":{"one":1,"two":2,"__proto__":"one"}}}',
    );
    const redacted = redactor(['one', 'two']).body(event);
    expect(JSON.stringify(redacted)).toBe(
      '{"action":"finish","args":{"outputs":{"[redacted]":1,"[redacted] 2":2,"__proto__":"[redacted]"}}}',
    );
  });
});

describe('whatever the secrets and the text', () => {
  // Letters that the marker and JSON's escapes have not, so that a secret in the output can only be a leak.
  const letters = fc.constantFrom('x', 'y', 'z', 'X', '\n', '"', 'ü', '\ud83d', '\ude00');
  const secret = fc
    .string({ unit: letters, minLength: 1, maxLength: 6 })
    .filter((text) => text.trim() !== '');
  const secrets = fc.array(secret, { maxLength: 4 });
  const pieces = (known: string[]) =>
    fc.array(
      fc.oneof(
        fc.string({ unit: letters, maxLength: 8 }),
        ...(known.length === 0
          ? []
          : [fc.constantFrom(...known, ...known.map((text) => JSON.stringify(text)))]),
      ),
      { maxLength: 12 },
    );
  const scene = secrets.chain((known) => fc.tuple(fc.constant(known), pieces(known)));
  const holds = (text: string, known: string[]): boolean => known.some((each) => text.includes(each));

  it('no secret is in the output', () => {
    fc.assert(
      fc.property(scene, ([known, parts]) => {
        expect(holds(redactor(known).text(parts.join('')), known)).toBe(false);
      }),
    );
  });

  it('no secret is in what a stream has given out at any time, and in the end it has given out the text', () => {
    fc.assert(
      fc.property(scene, fc.array(fc.nat({ max: 5 }), { maxLength: 40 }), ([known, parts], sizes) => {
        const whole = parts.join('');
        const stream = redactor(known).stream();
        let given = '';
        let rest = whole;
        for (const size of sizes) {
          given += stream.push(rest.slice(0, size));
          rest = rest.slice(size);
          expect(holds(given, known)).toBe(false);
        }
        given += stream.push(rest);
        given += stream.flush();
        expect(given).toBe(redactor(known).text(whole));
        expect(stream.flush()).toBe('');
      }),
      { numRuns: 1000 },
    );
  });

  it('no secret is in a body, at any depth, under any name', () => {
    fc.assert(
      fc.property(secrets, fc.jsonValue({ maxDepth: 3 }), fc.nat(), (known, value, seed) => {
        const hidden = known[seed % Math.max(known.length, 1)] ?? 'none';
        const event: EventBody = parseStoredBody(
          JSON.stringify({
            action: 'finish',
            args: { thought: `q${hidden}q`, outputs: { [`q${hidden}`]: [value, { deep: hidden }] } },
          }),
        );
        const strings: string[] = [];
        JSON.stringify(redactor(known).body(event), (name, each: unknown) => {
          strings.push(name);
          if (typeof each === 'string') strings.push(each);
          return each;
        });
        expect(strings.filter((text) => holds(text, known))).toEqual([]);
      }),
    );
  });
});

describe('a stream', () => {
  it('holds back only what may be the beginning of a secret', () => {
    const stream = redactor(['abcd']).stream();
    expect(stream.push('xxab')).toBe('xx');
    expect(stream.push('x')).toBe('abx');
    expect(stream.push('abc')).toBe('');
    expect(stream.push('dabc')).toBe(REDACTED);
    expect(stream.flush()).toBe('abc');
  });

  it('waits for the longer secret before it gives out the shorter one', () => {
    const stream = redactor(['abc', 'abcdef']).stream();
    expect(stream.push('abc')).toBe('');
    expect(stream.push('def')).toBe(REDACTED);
    expect(stream.push('abcde')).toBe('');
    expect(stream.flush()).toBe('[redacted]de');
  });

  it('passes everything on at once where nothing is secret', () => {
    const stream = redactor([' ']).stream();
    expect(stream.push('anything')).toBe('anything');
    expect(stream.flush()).toBe('');
  });
});

describe('a secret deep inside an event', () => {
  it('is found at a cost that grows with the depth alone', () => {
    let nested: unknown = 's3cret';
    let expected: unknown = REDACTED;
    for (let depth = 0; depth < 100; depth += 1) {
      nested = depth % 2 === 0 ? { nested } : [nested];
      expected = depth % 2 === 0 ? { nested: expected } : [expected];
    }
    const event: unknown = JSON.parse(JSON.stringify({ action: 'other', args: { nested } }));
    expect(redactor(['s3cret']).body(event as EventBody)).toEqual({
      action: 'other',
      args: { nested: expected },
    });
  });
});
