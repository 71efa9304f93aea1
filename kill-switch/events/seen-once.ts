/** Tells the first time from the others, for things to be said once. Bounded: it may forget. */
export interface SeenOnce {
  first(key: string): boolean;
}

export function createSeenOnce(max = 10_000): SeenOnce {
  const seen = new Set<string>();
  return {
    first(key) {
      if (seen.has(key)) return false;
      if (seen.size >= max) seen.clear();
      seen.add(key);
      return true;
    },
  };
}
