/**
 * Text as Postgres can store it. Text has no NUL there and jsonb refuses half surrogate pairs; one
 * such character in a label would otherwise stop the flusher for everybody.
 */

const UNSTORABLE = /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** Replaces NUL and half surrogate pairs by U+FFFD; other text comes back as it is. */
export function storable(text: string): string {
  return text.replace(UNSTORABLE, '\uFFFD');
}

/** The same for every key and text within a JSON value. */
export function storableJson(value: unknown): unknown {
  if (typeof value === 'string') return storable(value);
  if (Array.isArray(value)) return value.map(storableJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [storable(key), storableJson(inner)]),
  );
}

/** In JSON, what `storable` replaces; also a backslash before such letters, which costs a second look. */
const UNSTORABLE_ESCAPE = /\\u(?:0000|d[89a-f])/;

/** A JSON value as text that jsonb takes. Most need no replacing, and that is seen in the text. */
export function storableJsonText(value: unknown): string {
  const text = JSON.stringify(value);
  return UNSTORABLE_ESCAPE.test(text) ? JSON.stringify(storableJson(value)) : text;
}
