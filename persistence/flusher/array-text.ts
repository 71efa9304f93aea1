/**
 * Columns as Postgres' text form of arrays, for `unnest`. The driver makes the same text of a JavaScript
 * array, but quotes and looks through every element, numbers too, by two regular expressions.
 */

/** A column of texts; null is NULL. */
export function textArray<T>(rows: readonly T[], cell: (row: T) => string | null): string {
  let array = '{';
  let separator = '';
  for (const row of rows) {
    const value = cell(row);
    array += separator;
    array += value === null ? 'NULL' : quoted(value);
    separator = ',';
  }
  return `${array}}`;
}

/** A column of integers; null is NULL. */
export function integerArray<T>(rows: readonly T[], cell: (row: T) => number | null): string {
  let array = '{';
  let separator = '';
  for (const row of rows) {
    array += separator;
    array += cell(row) ?? 'NULL';
    separator = ',';
  }
  return `${array}}`;
}

/** A column of bytes; for bytea[], whose elements are written in hex. */
export function bytesArray<T>(rows: readonly T[], cell: (row: T) => Buffer): string {
  let array = '{';
  let separator = '';
  for (const row of rows) {
    array += separator;
    array += `"\\\\x${cell(row).toString('hex')}"`;
    separator = ',';
  }
  return `${array}}`;
}

function quoted(value: string): string {
  if (value.includes('"') || value.includes('\\')) return `"${value.replace(/["\\]/g, '\\$&')}"`;
  return `"${value}"`;
}
