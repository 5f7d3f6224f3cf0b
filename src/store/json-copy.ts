/**
 * What `JSON.parse(JSON.stringify(value))` gives, without the detour through text: strings are shared, everything else
 * is new. For values that `JSON.stringify` has taken already, so that there are neither cycles nor bigints.
 */
export function jsonCopy<T>(value: T): T;
export function jsonCopy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return scalar(value);
  if ('toJSON' in value) return JSON.parse(JSON.stringify(value));
  if (Array.isArray(value)) return copyOfArray(value);
  if (value instanceof Number || value instanceof String || value instanceof Boolean)
    return scalar(value.valueOf());
  const copy: Record<string, unknown> = {};
  for (const name in value) {
    if (!Object.hasOwn(value, name)) continue;
    const field: unknown = Reflect.get(value, name);
    if (isLeftOut(field)) continue;
    if (name === '__proto__') define(copy, name, jsonCopy(field));
    else copy[name] = jsonCopy(field);
  }
  return copy;
}

/** A gap is null too. */
function copyOfArray(array: readonly unknown[]): unknown[] {
  const copy: unknown[] = [];
  for (let index = 0; index < array.length; index += 1) {
    const element = array[index];
    copy.push(isLeftOut(element) ? null : jsonCopy(element));
  }
  return copy;
}

function scalar(value: unknown): unknown {
  if (typeof value !== 'number') return value;
  if (!Number.isFinite(value)) return null;
  return value === 0 ? 0 : value;
}

/** What objects leave out and arrays hold as null. */
function isLeftOut(value: unknown): boolean {
  return value === undefined || typeof value === 'function' || typeof value === 'symbol';
}

/** An assignment would change the prototype. */
function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}
