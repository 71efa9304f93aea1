import { hostname } from 'node:os';
import { flusherGoesRound, type Sql } from '../persistence/index.ts';
import { within } from './within.ts';

/** Whether the flusher of this process goes round. */
export interface FlusherPulse {
  /** True too in a process that runs none, and while Postgres cannot be asked. */
  beats(): boolean;
  stop(): void;
}

export interface PulseOptions {
  /** False in a process whose role has no flusher: there is nothing to watch. */
  flushes: boolean;
  /** How long no turn may be seen, in ms. */
  graceMs?: number;
  everyMs?: number;
}

/** A batch that waits for a slow disk is no death; ten seconds of standing still are. */
const GRACE_MS = 10_000;
const EVERY_MS = 1_000;

/** How flushers of this process begin their names. */
const OWN_FLUSHERS = `${hostname()}:${process.pid}:`;

/**
 * Looks each second whether this process' flusher renewed its membership. Postgres being away is
 * another check's to report: it keeps every flusher from its turns and is no fault of one.
 */
export function watchFlusher(sql: Sql, options: PulseOptions): FlusherPulse {
  const { flushes, graceMs = GRACE_MS, everyMs = EVERY_MS } = options;
  if (!flushes) return { beats: () => true, stop: () => undefined };
  let seenMs = performance.now();
  let beats = true;
  let looking = false;

  /** Judged here and not when it is asked for: a process that itself stood still has not looked. */
  async function look(): Promise<void> {
    const seen = await within(flusherGoesRound(sql, OWN_FLUSHERS), everyMs, 'unknown' as const);
    const nowMs = performance.now();
    if (seen !== false) seenMs = nowMs;
    beats = nowMs - seenMs <= graceMs;
  }

  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => {
      looking = false;
    });
  }, everyMs);
  timer.unref();
  return {
    beats: () => beats,
    stop: () => clearInterval(timer),
  };
}
