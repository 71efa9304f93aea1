/**
 * What the engine's clock shows, between two answers of the engine. Cutoffs are moments of that
 * clock; alarms are moments of this process. An answer is late by its way back, so the answer that
 * makes the engine's clock look furthest ahead, among those of the last seconds, is nearest the truth.
 */
const WINDOW_MS = 5_000;

export interface EngineClock {
  /** The engine has just answered with this time (epoch ms). */
  saw(nowMs: number): void;
  /** Epoch ms. */
  nowMs(): number;
  /** The moment on the monotonic clock at which the engine's clock will show `atMs`. */
  momentOf(atMs: number): number;
}

export function createEngineClock(): EngineClock {
  let aheadMs: number | undefined;
  let aheadBeforeMs: number | undefined;
  let windowEndsMs = 0;

  function ahead(): number {
    return Math.max(
      aheadMs ?? Number.NEGATIVE_INFINITY,
      aheadBeforeMs ?? Number.NEGATIVE_INFINITY,
      aheadMs === undefined && aheadBeforeMs === undefined ? performance.timeOrigin : -Infinity,
    );
  }

  return {
    saw(nowMs) {
      const monotonicMs = performance.now();
      if (monotonicMs >= windowEndsMs) {
        aheadBeforeMs = aheadMs;
        aheadMs = undefined;
        windowEndsMs = monotonicMs + WINDOW_MS;
      }
      aheadMs = Math.max(aheadMs ?? Number.NEGATIVE_INFINITY, nowMs - monotonicMs);
    },
    nowMs: () => Math.floor(performance.now() + ahead()),
    momentOf: (atMs) => atMs - ahead(),
  };
}
