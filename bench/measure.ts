/** Samples and what they come to. Two sides are measured in turns, so that what disturbs the machine disturbs both. */

/** The value that `percent` of the samples do not exceed. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = samples.toSorted((left, right) => left - right);
  const place = Math.min(Math.ceil((percent / 100) * sorted.length), sorted.length);
  return sorted[Math.max(place, 1) - 1] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 50);
}

/** How long `work` takes, in ms. */
export async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The duration of each of `times` runs of `work`, one after the other, in ms. */
export async function timedEach(times: number, work: (index: number) => unknown): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < times; index += 1) samples.push(await timed(() => work(index)));
  return samples;
}

/**
 * All samples of each side after `rounds` rounds. In every round each side has its turn; every other round goes
 * backwards, so that no side always follows the same one. The first round warms up and does not count.
 */
export async function interleaved<Side extends string>(
  rounds: number,
  sides: Readonly<Record<Side, () => Promise<readonly number[]>>>,
): Promise<Record<Side, number[]>> {
  const names = keysOf(sides);
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const measured = await sides[name]();
      if (round > 0) samples[name]?.push(...measured);
    }
  }
  if (!hasAll(samples, names)) throw new Error('A side was not measured.');
  return samples;
}

function keysOf<Key extends string>(record: Readonly<Record<Key, unknown>>): Key[] {
  const keys: Key[] = [];
  for (const key in record) keys.push(key);
  return keys;
}

function hasAll<Key extends string>(
  record: Record<string, number[]>,
  keys: readonly Key[],
): record is Record<Key, number[]> {
  return keys.every((key) => (record[key]?.length ?? 0) > 0);
}
