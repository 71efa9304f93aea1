/**
 * Whose letter may be sent now. Those beyond the few that are in hand are given back to the database, each
 * with a time of its own at which its turn should have come: all at one moment they would be taken and
 * given back again and again, the more of them wait.
 */

/**
 * Letters that wait for a connection or are being sent. A letter that waited for longer than its claim
 * would be sent by somebody else as well.
 */
export const IN_HAND_MAX = 8;
const SOONEST_MS = 2_000;
const LATEST_MS = 60_000;
const APART_MS_MIN = 100;

export interface Turns {
  /** Undefined: now, and `end` is to be called. Else when to come again, epoch ms. */
  take(nowMs: number): number | undefined;
  /** @param tookMs from its `take` on */
  end(tookMs: number): void;
}

export function createTurns(): Turns {
  let inHand = 0;
  let apartMs = APART_MS_MIN;
  let lastMs = 0;
  return {
    take(nowMs) {
      if (inHand < IN_HAND_MAX) {
        inHand += 1;
        return undefined;
      }
      lastMs = Math.max(lastMs, nowMs + SOONEST_MS) + apartMs;
      lastMs = Math.min(lastMs, nowMs + LATEST_MS);
      return lastMs;
    },
    end(tookMs) {
      inHand -= 1;
      apartMs = Math.max(APART_MS_MIN, Math.round(tookMs / IN_HAND_MAX));
    },
  };
}
