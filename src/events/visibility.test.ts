import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agentStates } from './agent-state.ts';
import { type EventBody, kindOf, type Source, type StoredEvent, sources } from './event.ts';
import { errorObservation, runObservation, stateObservation, thinkObservation } from './observations.ts';
import { parseStoredBody } from './stored-body.ts';
import { liveView, replayView } from './visibility.ts';

function stored(id: number, source: Source, body: EventBody): StoredEvent {
  return { id, source, timestamp: '2025-01-01T00:00:00.000Z', message: '', ...body };
}

const run = runObservation({ command: 'ls', content: '', exitCode: 0 });
const state = stateObservation('running');
const error = errorObservation('no');
const think = thinkObservation('');
const nullAction = parseStoredBody('{"action":"null","args":{}}');
const nullObservation = parseStoredBody('{"observation":"null","content":"","extras":{}}');
const recall = parseStoredBody('{"action":"recall","args":{"query":"q"}}');
const runAction = parseStoredBody('{"action":"run","args":{"command":"ls"}}');
const unknown = parseStoredBody('{"observation":"a_later_kind"}');

describe('live', () => {
  it.each<[string, Source, EventBody, Source | null]>([
    ['a null action', 'user', nullAction, null],
    ['a null action', 'agent', nullAction, null],
    ['a null observation', 'agent', nullObservation, null],
    ['a null observation', 'environment', nullObservation, null],
    ['a run observation', 'environment', run, 'agent'],
    ['a state', 'environment', state, 'agent'],
    ['an error', 'environment', error, 'agent'],
    ['a thought', 'environment', think, null],
    ['an action', 'environment', recall, null],
    ['a run action', 'environment', runAction, null],
    ['an unknown kind', 'environment', unknown, null],
    ['a run observation', 'user', run, 'user'],
    ['an error', 'agent', error, 'agent'],
    ['an action', 'user', runAction, 'user'],
    ['an unknown kind', 'agent', unknown, 'agent'],
  ])('%s of the source %s', (_name, source, body, seenAs) => {
    const event = stored(3, source, body);
    expect(liveView(event)).toEqual(seenAs === null ? null : { ...event, source: seenAs });
    expect(liveView(event, { all: true })).toBe(event);
  });

  it('does not copy what it leaves as it is, and does not touch what it changes', () => {
    const own = stored(1, 'agent', run);
    expect(liveView(own)).toBe(own);
    const foreign = Object.freeze(stored(1, 'environment', run));
    liveView(foreign);
    expect(foreign.source).toBe('environment');
  });
});

describe('replay', () => {
  const states = [0, 2, 5, 8].map((id) => stored(id, 'environment', state));

  it.each([
    { head: 6, newestState: 5, seen: [5, 8] },
    { head: 5, newestState: 5, seen: [5, 8] },
    { head: 4, newestState: 2, seen: [2, 5, 8] },
    { head: 8, newestState: 8, seen: [8] },
    { head: -1, newestState: null, seen: [0, 2, 5, 8] },
  ])('at the head $head leaves out the states before $newestState', ({ head, newestState, seen }) => {
    const shown = states.map((event) => replayView(event, { head, newestState }));
    expect(shown.flatMap((event) => event?.id ?? [])).toEqual(seen);
  });

  it('leaves out nothing but states, and applies the live rules to the rest', () => {
    const join = { head: 9, newestState: 9 };
    expect(replayView(stored(1, 'user', runAction), join)).toEqual(stored(1, 'user', runAction));
    expect(replayView(stored(1, 'environment', run), join)?.source).toBe('agent');
    expect(replayView(stored(1, 'environment', recall), join)).toBeNull();
    expect(replayView(stored(1, 'agent', nullAction), join)).toBeNull();
  });

  it('of all events is the log as stored', () => {
    for (const event of [...states, stored(9, 'environment', nullAction)]) {
      expect(replayView(event, { all: true, head: 9, newestState: 8 })).toBe(event);
    }
  });
});

describe('one who was there and one who comes later', () => {
  const body = fc.oneof(
    fc.constantFrom(run, error, think, nullAction, nullObservation, recall, runAction, unknown),
    fc.constantFrom(...agentStates).map((name) => stateObservation(name)),
  );
  const log = fc
    .array(fc.tuple(fc.constantFrom(...sources), body), { maxLength: 40 })
    .map((events) => events.map(([source, event], id) => stored(id, source, event)));
  const isState = (event: StoredEvent): boolean => kindOf(event) === 'agent_state_changed';

  it('see the same events above the cursor, except states that were overtaken before the join', () => {
    fc.assert(
      fc.property(log, fc.nat(), fc.nat(), fc.boolean(), (events, headSeed, cursorSeed, all) => {
        const head = (headSeed % (events.length + 1)) - 1;
        const cursor = (cursorSeed % (head + 2)) - 1;
        const newestState = events.findLast((event) => event.id <= head && isState(event))?.id ?? null;

        const above = events.filter((event) => event.id > cursor);
        const wasThere = above.flatMap((event) => liveView(event, { all }) ?? []);
        const comesLater = above.flatMap((event) => replayView(event, { head, newestState, all }) ?? []);

        const overtaken = (event: StoredEvent): boolean =>
          !all && isState(event) && newestState !== null && event.id < newestState;
        expect(comesLater).toEqual(wasThere.filter((event) => !overtaken(event)));
        if (newestState !== null && newestState > cursor) {
          expect(comesLater.map((event) => event.id)).toContain(newestState);
        }
      }),
    );
  });
});
