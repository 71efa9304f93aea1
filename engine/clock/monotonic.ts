// A clock that nobody sets: what Redis' is measured by.

import os from 'node:os';

/**
 * Milliseconds since some moment. On Linux also those in which the machine slept, as calls go on then; in steps
 * of 10 ms.
 */
export const monotonicMs: () => number =
  process.platform === 'linux' ? () => os.uptime() * 1_000 : () => performance.now();
