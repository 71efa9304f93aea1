/** Gathers the lookups of one tick into one query: a burst of calls asks Postgres once. */

const LOOKUPS_MAX = 1_000;

interface Ask<Key, Value> {
  key: Key;
  resolve: (value: Value | undefined) => void;
  reject: (error: unknown) => void;
}

/**
 * @param find answers in the order of the keys it is given, undefined where there is nothing
 * @returns a lookup of one key
 */
export function batchLookups<Key, Value>(
  find: (keys: readonly Key[]) => Promise<readonly (Value | undefined)[]>,
): (key: Key) => Promise<Value | undefined> {
  let asks: Ask<Key, Value>[] = [];

  async function run(): Promise<void> {
    const now = asks;
    asks = [];
    for (let from = 0; from < now.length; from += LOOKUPS_MAX) {
      const part = now.slice(from, from + LOOKUPS_MAX);
      try {
        const found = await find(part.map((ask) => ask.key));
        for (const [index, ask] of part.entries()) ask.resolve(found[index]);
      } catch (error) {
        for (const ask of part) ask.reject(error);
      }
    }
  }

  return (key) =>
    new Promise((resolve, reject) => {
      if (asks.length === 0) setImmediate(run);
      asks.push({ key, resolve, reject });
    });
}
