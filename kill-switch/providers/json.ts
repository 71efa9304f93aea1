/** Reading JSON from outside: every step may be missing or of another type, and none may throw. */

/** The value at a path of object keys, or undefined. Inherited properties are never read. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) {
      return undefined;
    }
    current = Reflect.get(current, key);
  }
  return current;
}

/** A non-empty text of at most 256 characters that Postgres can store, or undefined. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const text = at(value, ...path);
  if (typeof text !== 'string' || text === '' || text.length > 256) return undefined;
  return text.includes('\u0000') ? undefined : text;
}

/** A list, or an empty one. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const list = at(value, ...path);
  return Array.isArray(list) ? list : [];
}

/** A moment in epoch milliseconds, from a number of them or from an RFC 3339 text. */
export function momentAt(value: unknown, ...path: readonly string[]): number | undefined {
  const moment = at(value, ...path);
  const ms = typeof moment === 'string' ? Date.parse(moment) : moment;
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms <= 0) return undefined;
  return Number.isSafeInteger(Math.round(ms)) ? Math.round(ms) : undefined;
}
