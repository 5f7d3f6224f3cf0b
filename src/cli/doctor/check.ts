/** What a check found, and how to mend it. */
export interface Check {
  /** What was looked at, in a word or two. */
  readonly name: string;
  /** `warning`: it works, but not well, or not all of it. `broken`: the server would not work. */
  readonly status: 'ok' | 'warning' | 'broken';
  /** What was found, in one line. */
  readonly found: string;
  /** What to do about it, in one line. */
  readonly mend?: string;
}

export function ok(name: string, found: string): Check {
  return { name, status: 'ok', found };
}

export function warning(name: string, found: string, mend: string): Check {
  return { name, status: 'warning', found, mend };
}

export function broken(name: string, found: string, mend: string): Check {
  return { name, status: 'broken', found, mend };
}

/** For a person: a line for each check, and one more where there is something to do. */
export function renderChecks(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ found, mend, name, status }) => [
    `${status.padEnd(7)}  ${name.padEnd(width)}  ${found}`,
    ...(mend === undefined ? [] : [`${' '.repeat(7 + 2 + width + 2)}→ ${mend}`]),
  ]);
  return `${[...lines, '', verdict(checks)].join('\n')}\n`;
}

function verdict(checks: readonly Check[]): string {
  const isBroken = checks.some(({ status }) => status === 'broken');
  if (isBroken) return 'Something that is needed is broken.';
  const warnings = checks.some(({ status }) => status === 'warning');
  return warnings ? 'It works; see the warnings.' : 'All is well.';
}

export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');
}
