/** How measured values spread; nearest rank, so that every figure is one that was measured. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** All zero of no values. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { count: sorted.length, p50: rank(0.5), p99: rank(0.99), max: rank(1) };
}

/** `p50 12 ms, p99 40 ms, max 61 ms of 2000`. */
export function spreadText({ count, p50, p99, max }: Spread): string {
  return `p50 ${p50} ms, p99 ${p99} ms, max ${max} ms of ${count}`;
}
