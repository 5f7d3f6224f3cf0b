import { describe, expect, it } from 'vitest';
import { isKnownObservation, observationKinds } from './kinds.ts';
import {
  editObservation,
  errorObservation,
  type Observation,
  observationSchemas,
  readObservation,
  runObservation,
  stateObservation,
  thinkObservation,
  userRejected,
  writeObservation,
} from './observations.ts';
import { parseStoredBody } from './stored-body.ts';

describe('the schemas of observations', () => {
  it('are there for every kind of the protocol and for those of later releases that it names', () => {
    expect([...observationKinds].sort()).toEqual(
      [
        ...[
          'run',
          'run_ipython',
          'read',
          'write',
          'edit',
          'browse',
          'agent_state_changed',
          'error',
          'delegate',
        ],
        ...['think', 'user_rejected', 'success', 'null', 'recall', 'mcp', 'condense'],
      ].sort(),
    );
  });

  it('fill in the metadata of a command', () => {
    const parsed = observationSchemas.run.parse({
      observation: 'run',
      content: 'x',
      extras: { command: 'ls', metadata: { exit_code: 0, later: 1 } },
      success: true,
    });
    expect(parsed.extras).toEqual({
      command: 'ls',
      hidden: false,
      metadata: {
        exit_code: 0,
        pid: -1,
        username: null,
        hostname: null,
        working_dir: null,
        py_interpreter_path: null,
        prefix: '',
        suffix: '',
        later: 1,
      },
    });
  });

  const made: Observation[] = [
    runObservation({ command: 'ls', content: 'a\n', exitCode: 0, workingDir: '/w', pid: 7, prefix: 'p' }),
    errorObservation('no', 'E1'),
    stateObservation('running'),
    stateObservation('error', 'out of money'),
    userRejected('The user said no.'),
    thinkObservation('noted'),
    readObservation('a.txt', 'text'),
    writeObservation('a.txt'),
    editObservation({ path: 'a', content: 'c', oldContent: null, newContent: 'n' }),
  ];

  it.each(made)('hold what the server makes itself: $observation', (observation) => {
    expect(observationSchemas[observation.observation].parse(observation)).toEqual(observation);
    expect(isKnownObservation(observation)).toBe(true);
  });
});

describe('constructors', () => {
  it('call a command a success if and only if it ended with 0', () => {
    expect(runObservation({ command: 'true', content: '', exitCode: 0 }).success).toBe(true);
    expect(runObservation({ command: 'false', content: '', exitCode: 1 }).success).toBe(false);
    expect(runObservation({ command: 'sleep', content: '', exitCode: -1 }).success).toBe(false);
  });

  it('give a reason only where there is one', () => {
    expect(stateObservation('paused').extras).toEqual({ agent_state: 'paused' });
    expect(stateObservation('error', 'why').extras).toEqual({ agent_state: 'error', reason: 'why' });
  });

  it('tell a new file from a changed one', () => {
    const edit = { path: 'a', content: '', newContent: 'n' };
    expect(editObservation({ ...edit, oldContent: null }).extras.prev_exist).toBe(false);
    expect(editObservation({ ...edit, oldContent: '' }).extras.prev_exist).toBe(true);
  });
});

it('an observation of a later release is not a known one', () => {
  expect(isKnownObservation(parseStoredBody('{"observation":"hum","content":""}'))).toBe(false);
});
