/** Reads and writes the cells of a result row that need more than their driver's value. */
import { BugError } from '../../engine/index.ts';

/** A jsonb object; null becomes an empty one. */
export function objectCell(cell: unknown): Record<string, unknown> {
  return isObject(cell) ? cell : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The text for a `${...}::text::jsonb` parameter. The detour by text keeps the value from being
 * serialized twice whatever JSON serializer the connection has.
 */
export function jsonText(value: Record<string, unknown>): string {
  return JSON.stringify(value);
}

/** The one row that a statement always answers, such as INSERT ... RETURNING. */
export function onlyRow<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (row === undefined || rows.length !== 1) {
    throw new BugError(`a statement that answers one row answered ${rows.length}`);
  }
  return row;
}
