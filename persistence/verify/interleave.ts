/**
 * Several generators as one: at most `limit` of them run at a time, and each value is handed on as
 * soon as it is there. Nothing is read ahead: a generator goes on when its value was taken.
 */
export async function* interleave<T>(
  sources: readonly (() => AsyncGenerator<T, void>)[],
  limit: number,
): AsyncGenerator<T, void> {
  const waiting = [...sources];
  const running = new Map<AsyncGenerator<T, void>, Promise<Step<T>>>();
  const advance = (source: AsyncGenerator<T, void>) => {
    const step = source.next().then((result) => ({ source, result }));
    // It may fail while another one is awaited; unheard, that would end the process.
    step.catch(() => undefined);
    running.set(source, step);
  };
  try {
    for (;;) {
      while (running.size < limit) {
        const start = waiting.shift();
        if (start === undefined) break;
        advance(start());
      }
      if (running.size === 0) return;
      const { source, result } = await Promise.race(running.values());
      if (result.done === true) {
        running.delete(source);
      } else {
        yield result.value;
        advance(source);
      }
    }
  } finally {
    await Promise.allSettled([...running.keys()].map((source) => source.return()));
  }
}

interface Step<T> {
  source: AsyncGenerator<T, void>;
  result: IteratorResult<T, void>;
}
