// Several partitions are recovered at once: each waits for one answer after the other of two stores.

/**
 * Works the items off in their order, at most `count` at a time. After a failure none is begun any more.
 * @throws the first failure, when all that was begun has ended
 */
export async function inLanes<T>(
  items: readonly T[],
  count: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const failures: unknown[] = [];
  async function lane(): Promise<void> {
    for (const item of rest) {
      try {
        await work(item);
      } catch (error) {
        failures.push(error);
      }
      if (failures.length > 0) return;
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
}
