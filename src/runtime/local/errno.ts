/** Failures of the operating system, by their names such as `ENOENT`. */

/** The name of `error`; undefined where it is no such failure. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** A failure that the operating system would have named `code`. */
export function errno(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** For a rejected promise: null where it failed with one of `codes`; everything else is thrown on. */
export function nullOn(...codes: readonly string[]): (error: unknown) => null {
  return (error) => {
    if (codes.includes(errnoOf(error) ?? '')) return null;
    throw error;
  };
}
