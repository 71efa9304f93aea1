/** What `ringfence verify` may find. An empty list is the only good answer. */
export interface Difference {
  walletId: string;
  /** Which check failed, with the sequence it failed at where there is one. */
  what: string;
  expected: string;
  found: string;
}

export type Report = (
  walletId: string,
  what: string,
  expected: number | string | boolean,
  found: number | string | boolean,
) => void;

/** Collects differences; equal values are none. */
export function collector(): { report: Report; found: Difference[] } {
  const found: Difference[] = [];
  return {
    found,
    report(walletId, what, expected, actual) {
      if (expected === actual) return;
      found.push({ walletId, what, expected: String(expected), found: String(actual) });
    },
  };
}
