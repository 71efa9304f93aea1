import { OutageError } from '../errors.ts';

/** A timer that is later than this says that the process stood still, and so did not hear an answer either. */
const HELD_UP_MS = 100;
/** Then the wait begins again, so often at most in all. */
const WAITS_MAX = 3;

/** The result of `work`, or an outage when it does not come in time. */
export async function within<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const wait = (left: number) => {
      const dueMs = performance.now() + limitMs;
      timer = setTimeout(() => {
        const isHeldUp = performance.now() - dueMs > HELD_UP_MS;
        if (isHeldUp && left > 0) wait(left - 1);
        else reject(new OutageError('redis_unreachable'));
      }, limitMs);
    };
    wait(WAITS_MAX - 1);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
