/** Cursor pages: the same shape for every list. */

/** The most records a list answers at once. */
export const PAGE_SIZE_MAX = 100;

export interface Page<T> {
  data: T[];
  /** True when more records follow the last one of `data`. */
  hasMore: boolean;
}

export interface PageRequest {
  /** 1 to 100. */
  limit: number;
  /** The id of the last record already seen; what follows it is answered. */
  startingAfter?: string | undefined;
}

/** The number of rows to ask for: one more than the page, which shows whether there is more. */
export function rowsToAsk(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_SIZE_MAX) {
    throw new RangeError(`a page holds 1 to ${PAGE_SIZE_MAX} records`);
  }
  return limit + 1;
}

/** Cuts the surplus row off. */
export function toPage<T>(rows: T[], limit: number): Page<T> {
  return { data: rows.slice(0, limit), hasMore: rows.length > limit };
}
