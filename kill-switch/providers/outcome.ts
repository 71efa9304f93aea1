import type { Outcome } from './event.ts';

/**
 * What a provider's reason for the end says. `answered: false` means that nobody talked and the
 * call costs nothing, whatever times the message carries; otherwise the times decide.
 */
export interface EndReading {
  readonly outcome: Outcome;
  readonly answered: boolean;
  /** False for a reason this release does not know; such a call is settled by time. */
  readonly known: boolean;
}

export function reading(outcome: Outcome, answered: boolean): EndReading {
  return { outcome, answered, known: true };
}

/** The reading of an unknown reason: over, and settled by time. */
export function unknownReading(durationMs: number | undefined): EndReading {
  return { outcome: durationMs === 0 ? 'failed' : 'completed', answered: true, known: false };
}
