/** Waiting for what must become so, with a deadline. Nothing here waits for time to pass. */
export interface UntilOptions {
  /** @default 10000 */
  readonly timeoutMs?: number;
  /** @default 10 */
  readonly everyMs?: number;
}

/** Resolves with the first answer that is neither false, null nor undefined; rejects after the deadline. */
export async function until<Found>(
  what: string,
  look: () => Found | false | null | undefined | Promise<Found | false | null | undefined>,
  { timeoutMs = 10_000, everyMs = 10 }: UntilOptions = {},
): Promise<Found> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== false && found !== null && found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await pause(everyMs);
  }
}

/** The rate of a load, or the time between two looks: never a substitute for knowing. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The number below which `share` of them are. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
