import { type EndReading, reading, unknownReading } from '../outcome.ts';

/** Before the answer: it costs nothing and says nothing about the clock. */
export const NOT_YET: ReadonlySet<string> = new Set(['queued', 'initiated', 'ringing']);

export const ANSWERED = 'in-progress';

const READINGS: ReadonlyMap<string, EndReading> = new Map([
  ['completed', reading('completed', true)],
  ['busy', reading('no_answer', false)],
  ['no-answer', reading('no_answer', false)],
  // Taken back before anybody answered.
  ['canceled', reading('no_answer', false)],
  ['failed', reading('failed', false)],
]);

/** True for a status that a call never leaves. */
export function isFinal(status: string): boolean {
  return READINGS.has(status);
}

/**
 * Reads a final `CallStatus`; one that is not in Twilio's list is settled by time.
 * @param answeredBy what machine detection said, if it was asked for.
 */
export function readCallStatus(
  status: string,
  answeredBy: string | undefined,
  durationMs: number | undefined,
): EndReading {
  const read = READINGS.get(status) ?? unknownReading(durationMs);
  if (read.outcome !== 'completed' || answeredBy?.startsWith('machine') !== true) return read;
  return { ...read, outcome: 'voicemail' };
}
