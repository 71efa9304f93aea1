/** One call as its provider had it, beside the same call as the ledger has it. */
import { type HoldState, type Price, priceOf } from '../../engine/index.ts';
import type { CallRecord } from '../providers/index.ts';
import type { BookedCall, Books } from './books.ts';
import type { PlannedCall } from './plan.ts';

export interface CallFacts {
  readonly call: PlannedCall;
  /** What the provider had under the call's number; more than one is a fault. */
  readonly records: readonly CallRecord[];
  readonly booked: BookedCall | undefined;
}

/** What a cutoff came to. Times in ms, money in micros. */
export interface Cut {
  readonly cutoffAtMs: number;
  /** From the cutoff until the enforcer saw it; undefined when it did not say so. */
  readonly seenAfterMs: number | undefined;
  /** From the cutoff to the arrival of the first push; undefined when none arrived. */
  readonly pushedAfterMs: number | undefined;
  /** From the cutoff to the end of the call; undefined while it lives. */
  readonly endedAfterMs: number | undefined;
  /** Talked longer than the money held paid for. */
  readonly unpaidMs: number;
  readonly legs: readonly CutLeg[];
}

export interface CutLeg {
  readonly walletId: string;
  readonly heldMicros: number;
  readonly takenMicros: number;
  /** What I12 allows to be taken beyond what was held. */
  readonly allowedMicros: number;
}

/** A push that asks for the end of the call, in each provider's own word. */
const END_PUSHES: ReadonlySet<string> = new Set(['end-call', 'stop-call', 'completed', 'canceled']);

export function factsOf(
  calls: readonly PlannedCall[],
  records: readonly CallRecord[],
  books: Books,
): CallFacts[] {
  const byNumber = new Map<string, CallRecord[]>();
  for (const record of records) {
    byNumber.set(record.to, [...(byNumber.get(record.to) ?? []), record]);
  }
  return calls.map((call) => ({
    call,
    records: byNumber.get(call.to) ?? [],
    booked: books.calls.get(call.callId),
  }));
}

/** Undefined for a call that was not cut off, or not yet. */
export function cutOf(
  { records: [record], booked }: CallFacts,
  nowMs: number = Date.now(),
): Cut | undefined {
  if (record === undefined || booked === undefined) return undefined;
  const { hold } = booked;
  const { endedAtMs } = record;
  const cutoffAtMs = cutoffBefore(endedAtMs ?? nowMs, booked);
  if (cutoffAtMs === undefined) return undefined;
  const push = record.pushes.find(
    ({ kind, receivedWallMs }) => END_PUSHES.has(kind) && receivedWallMs >= cutoffAtMs,
  );
  const endedAfterMs = endedAtMs === undefined ? undefined : endedAtMs - cutoffAtMs;
  return {
    cutoffAtMs,
    seenAfterMs: booked.pendings.find((pending) => pending.cutoffAtMs === cutoffAtMs)?.lateMs,
    pushedAfterMs: push && push.receivedWallMs - cutoffAtMs,
    endedAfterMs,
    unpaidMs: isOpen(hold) ? 0 : Math.max(0, hold.usedMs - hold.coveredMs),
    legs: hold.legs.map((leg) => {
      const row = booked.legs.get(leg.walletId);
      const atCutoffMs = cutoffAtMs - (record.startedAtMs ?? cutoffAtMs);
      const allowed = priceOf(leg, record.reportedDurationMs) - priceOf(leg, atCutoffMs);
      return {
        walletId: leg.walletId,
        heldMicros: row?.heldMicros ?? 0,
        takenMicros: row?.takenMicros ?? 0,
        allowedMicros: Math.max(0, allowed),
      };
    }),
  };
}

/** The cutoff that ended the call, if it was one; what a killed process wrote down may be lost. */
function cutoffBefore(atMs: number, { hold, pendings }: BookedCall): number | undefined {
  const moments = [...pendings, hold].map(({ cutoffAtMs }) => cutoffAtMs);
  const passed = moments.filter((cutoffAtMs) => cutoffAtMs > 0 && cutoffAtMs <= atMs);
  return passed.length === 0 ? undefined : Math.max(...passed);
}

/** What a leg must have paid for the call as its provider has it. */
export function dueOf(leg: Price, record: CallRecord): number {
  return priceOf(leg, record.startedAtMs === undefined ? 0 : record.reportedDurationMs);
}

export function isOpen(hold: HoldState): boolean {
  return hold.state === 'authorized' || hold.state === 'live';
}
