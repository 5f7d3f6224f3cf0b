import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../testing/virtual-clock.ts';
import type { Llm, LlmAnswer } from './llm.ts';
import { LlmFailure } from './llm-failure.ts';
import { RetryingLlm } from './retrying-llm.ts';

const answer: LlmAnswer = { text: 'Hello.', calls: [], cutOff: false, cost: null };

/** Fails as told, one after the other, then answers. */
function failing(clock: VirtualClock, failures: readonly Error[]): { llm: Llm; at: number[] } {
  const at: number[] = [];
  const complete = async (): Promise<LlmAnswer> => {
    at.push(clock.monotonic());
    const failure = failures[at.length - 1];
    if (failure !== undefined) throw failure;
    return answer;
  };
  return { llm: { model: 'mock', complete }, at };
}

function asked(failures: readonly Error[], retries = 4) {
  const clock = new VirtualClock();
  const { at, llm } = failing(clock, failures);
  const controller = new AbortController();
  const told: string[] = [];
  const outcome = new RetryingLlm(llm, { clock, retries, delayMs: 1_000 })
    .complete({
      system: '',
      messages: [],
      signal: controller.signal,
      onRetry: (message) => told.push(message),
    })
    .catch((error: unknown) => error);
  return { clock, at, told, outcome, controller };
}

const outage = new LlmFailure('unavailable', 'It is away.');

describe('a model that fails for what may pass', () => {
  it('is asked again, after a wait that doubles and of which half is chance', async () => {
    const { at, clock, outcome, told } = asked([outage, outage, outage]);
    await clock.advance(10_000);
    expect(await outcome).toBe(answer);
    const waits = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(500 * 2 ** index);
      expect(wait).toBeLessThanOrEqual(1_000 * 2 ** index);
    }
    expect(told).toHaveLength(3);
    expect(told[0]).toMatch(/^It is away\. Trying again in [\d.]+ s \(1 of 4\)\.$/);
  });

  it('fails for good after so many times', async () => {
    const { at, clock, outcome } = asked([outage, outage, outage], 2);
    await clock.advance(10_000);
    expect(await outcome).toBe(outage);
    expect(at).toHaveLength(3);
  });

  it('is given the time that it asks for, unless that is more than a minute', async () => {
    const busy = new LlmFailure('rate_limit', 'Slow down.', 20_000);
    const one = asked([busy]);
    await one.clock.advance(19_999);
    expect(one.at).toHaveLength(1);
    await one.clock.advance(1);
    expect(await one.outcome).toBe(answer);

    const tomorrow = new LlmFailure('rate_limit', 'Come back tomorrow.', 86_400_000);
    const other = asked([tomorrow]);
    expect(await other.outcome).toBe(tomorrow);
  });

  it('is left alone at once where nobody wants its answer any more', async () => {
    const { at, clock, controller, outcome } = asked([outage, outage]);
    await clock.advance(0);
    controller.abort(new Error('stopped'));
    expect(await outcome).toMatchObject({ message: 'stopped' });
    await clock.advance(10_000);
    expect(at).toHaveLength(1);
  });
});

it.each([
  new LlmFailure('authentication', 'No.'),
  new LlmFailure('quota', 'No.'),
  new LlmFailure('refused', 'No.'),
  new LlmFailure('context_overflow', 'No.'),
  new Error('a mistake of ours'),
])('what will not pass is not tried again: %s', async (failure) => {
  const { at, outcome } = asked([failure]);
  expect(await outcome).toBe(failure);
  expect(at).toHaveLength(1);
});
