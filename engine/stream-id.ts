// Stream ids are `<ms>-<n>`; they are compared by number, not as text.

/** Is stream id `a` older than `b`? */
export function isBefore(a: string, b: string): boolean {
  const [aMs = 0, aN = 0] = a.split('-').map(Number);
  const [bMs = 0, bN = 0] = b.split('-').map(Number);
  return aMs !== bMs ? aMs < bMs : aN < bN;
}

export function isAtOrBefore(a: string, b: string): boolean {
  return !isBefore(b, a);
}
