/** What a run proves, one claim at a time: a claim throws when it does not hold. */

export interface Claim {
  /** The guarantee in a sentence. */
  readonly name: string;
  /** Answers the figures that were found. */
  prove(): Promise<string>;
}

/** @throws Error naming what differs */
export function same(what: string, found: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
}

/** Proves all in order, printing each; answers how many failed. */
export async function proveAll(
  claims: readonly Claim[],
  print: (line: string) => void,
): Promise<number> {
  let failed = 0;
  for (const claim of claims) {
    const from = performance.now();
    const seconds = () => `${((performance.now() - from) / 1000).toFixed(1)} s`;
    try {
      const figures = await claim.prove();
      print(`ok    ${claim.name} (${figures}, ${seconds()})`);
    } catch (error) {
      failed += 1;
      const text = error instanceof Error ? error.message : String(error);
      print(`FAIL  ${claim.name} (${seconds()})\n      ${text.replaceAll('\n', '\n      ')}`);
    }
  }
  return failed;
}

/** How often each value occurs, for a sentence. */
export function tally(values: readonly (string | number)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
