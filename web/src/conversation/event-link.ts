/** The part of an address that names an event: `#event-120`. */

export function eventHash(id: number): string {
  return `#event-${id}`;
}

/** Null where it names none. */
export function eventOfHash(hash: string): number | null {
  const digits = /^#event-(\d{1,15})$/.exec(hash)?.[1];
  return digits === undefined ? null : Number(digits);
}
