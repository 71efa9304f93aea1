/** When a delivery is tried again. Pure. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The waits after the first try and each further one, the last again and again: a day in all. */
export const RETRY_WAITS_MS: readonly number[] = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  8 * HOUR,
];
/** A wait is drawn from this share of it below and above, so that many do not come back at once. */
const JITTER = 0.1;
/** The longest that a receiver may ask for. */
const RETRY_AFTER_MAX_MS = 24 * HOUR;

/** From its first moment on; then a delivery is given up. */
export const TRIED_FOR_MS = 24 * HOUR;

export interface Failed {
  /** Failed so far, the one just now included; from when its endpoint was found to be up again. */
  attempts: number;
  /** When the delivery was to be tried first. */
  startedMs: number;
  nowMs: number;
  /** From 0 to 1. */
  random: number;
  /** What the receiver asked for, 0 if nothing. */
  retryAfterMs: number;
}

/** When to try again, or undefined when it was tried long enough. */
export function nextAttemptMs(failed: Failed): number | undefined {
  const { attempts, startedMs, nowMs, random, retryAfterMs } = failed;
  if (nowMs >= startedMs + TRIED_FOR_MS) return undefined;
  const wait = RETRY_WAITS_MS[Math.min(attempts, RETRY_WAITS_MS.length) - 1] ?? 0;
  const jittered = wait * (1 - JITTER + 2 * JITTER * random);
  const next = Math.round(nowMs + Math.max(jittered, retryAfterMs));
  // The last try is at the end of the day, not before it.
  return Math.min(next, startedMs + TRIED_FOR_MS);
}

/** What a `Retry-After` asks for, in ms from now: seconds or a date; 0 when it says nothing sensible. */
export function retryAfterMs(header: string | undefined, nowMs: number): number {
  if (header === undefined) return 0;
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) : Number.NaN;
  // Dates of HTTP alone: the parser takes much else for one.
  const date = / GMT$/.test(header) ? Date.parse(header) - nowMs : Number.NaN;
  const asked = Number.isNaN(seconds) ? date : seconds * SECOND;
  return Number.isFinite(asked) ? Math.min(Math.max(asked, 0), RETRY_AFTER_MAX_MS) : 0;
}
