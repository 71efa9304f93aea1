/** What is put on a call's timeline when its money runs short, and when more comes in. */
import type { HoldState } from '../../engine/index.ts';
import type { Note } from './doors.ts';

/** Why and when a call will end. Whoever made it final says so. */
export function noteFinal(note: Note, hold: HoldState): void {
  note(hold, 'final', {
    reason: hold.finalReason,
    covered_seconds: hold.coveredMs / 1000,
    cutoff_at: instantOf(hold.cutoffAtMs),
  });
}

/** The call goes on after all. Whoever extended it says so. */
export function noteRescue(note: Note, hold: HoldState): void {
  note(hold, 'rescued', {
    covered_seconds: hold.coveredMs / 1000,
    authorized_until: instantOf(hold.startedAtMs + hold.coveredMs),
  });
}

function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}
