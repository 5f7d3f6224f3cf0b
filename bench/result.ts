/** What a row of the table says, and the table itself. */

/** What is allowed: of the ratio of ours to the yardstick, of the difference of the two, or of our value alone. */
export type Target =
  | { readonly of: 'ratio'; readonly atMost: number }
  | { readonly of: 'ratio'; readonly atLeast: number }
  | { readonly of: 'difference'; readonly atMost: number }
  | { readonly of: 'value'; readonly atMost: number };

export type Unit =
  | 'ms'
  | 'events/s'
  | 'KB'
  | 'bytes'
  | 'timers'
  | 'statements'
  | 'turns'
  | 'events'
  | 'nodes';

export interface Result {
  readonly what: string;
  readonly unit: Unit;
  /** Null where it could not be measured here; `note` says why. */
  readonly ours: number | null;
  readonly yardstick: number | null;
  /** Null: for information. */
  readonly target: Target | null;
  /** How many samples the medians are of, on each side. */
  readonly n: number;
  /** What the table has no room for. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly note?: string;
}

export type Verdict = 'ok' | 'miss' | 'info' | 'not measured';

export function ratioOf({ ours, yardstick }: Result): number | null {
  return ours === null || yardstick === null ? null : ours / yardstick;
}

export function verdictOf(result: Result): Verdict {
  const { ours, target } = result;
  if (ours === null) return 'not measured';
  if (target === null) return 'info';
  const value = judged(result, target.of);
  if (value === null || Number.isNaN(value)) return 'miss';
  const holds = 'atMost' in target ? value <= target.atMost : value >= target.atLeast;
  return holds ? 'ok' : 'miss';
}

function judged(result: Result, of: Target['of']): number | null {
  const { ours, yardstick } = result;
  switch (of) {
    case 'ratio':
      return ratioOf(result);
    case 'difference':
      return ours === null || yardstick === null ? null : ours - yardstick;
    case 'value':
      return ours;
  }
}

const heading = ['what', 'ours', 'yardstick', 'ratio', 'target', 'n', ''] as const;

function cellsOf(result: Result): string[] {
  const { n, ours, target, unit, what, yardstick } = result;
  const ratio = ratioOf(result);
  return [
    what,
    ours === null ? '–' : `${shown(ours)} ${unit}`,
    yardstick === null ? '–' : `${shown(yardstick)} ${unit}`,
    ratio === null ? '–' : ratio.toFixed(2),
    target === null ? '–' : targetText(target, unit),
    String(n),
    verdictOf(result),
  ];
}

/** Lines of equal columns; the first one is `heading`. */
export function tableOf(results: readonly Result[]): string {
  const rows = [[...heading], ...results.map(cellsOf)];
  const widths = heading.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 || column === 6 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

function targetText(target: Target, unit: string): string {
  if (target.of === 'difference') return `<= +${target.atMost} ${unit}`;
  const bound = 'atMost' in target ? `<= ${target.atMost}` : `>= ${target.atLeast}`;
  return target.of === 'ratio' ? `${bound} x` : `${bound} ${unit}`;
}

function shown(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}
