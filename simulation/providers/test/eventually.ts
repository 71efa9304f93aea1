import { expect } from 'vitest';

/** Waits until what `read` gives matches; two busy cores may need more than vitest's one second. */
export function eventually<T>(read: () => T | Promise<T>) {
  return expect.poll(read, { timeout: 60_000, interval: 10 });
}
