/** Requests of a fuzz wait for servers more than they work: so many are on their way at once. */
const IN_FLIGHT = 8;

/** Does the work for each of a list, a few at a time; answers in the order of the list. */
export async function inFlight<T, R>(
  list: readonly T[],
  work: (one: T) => Promise<R>,
): Promise<R[]> {
  const done: R[] = [];
  const waiting = list.entries();
  const worker = async () => {
    for (const [i, one] of waiting) done[i] = await work(one);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return done;
}
