/** What `ringfence verify` may find. An empty list is the only good answer. */
export interface Difference {
  /** Empty for what concerns the ledger as a whole. */
  walletId: string;
  /** Which check failed, with the sequence it failed at where there is one. */
  what: string;
  expected: string;
  found: string;
  /** The ledger entry it is about, where there is one. */
  entryId?: string;
  /** What is known of how it came about, such as the column that was altered. */
  detail?: string;
}

type Value = number | string | boolean | null;

export type Report = (
  walletId: string,
  what: string,
  expected: Value,
  found: Value,
  more?: Pick<Difference, 'entryId' | 'detail'>,
) => void;

/** Collects differences; equal values are none. */
export function collector(): { report: Report; found: Difference[] } {
  const found: Difference[] = [];
  return {
    found,
    report(walletId, what, expected, actual, more = {}) {
      if (expected === actual) return;
      found.push({ walletId, what, expected: String(expected), found: String(actual), ...more });
    },
  };
}
