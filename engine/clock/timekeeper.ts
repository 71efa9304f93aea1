// Watches what one partition takes for the time, which is Redis' clock and a shift.
//
//   Redis' clock ---+ shift --> the time of every script; no further than `trusted until`
//        |                                                     ^
//        +-- where this process' monotonic clock expects it ---+ proven again each second
//        +-- somewhere else: it jumped; the shift takes the jump back, and time goes on evenly
//
// Nobody else may have noticed, or everybody: the script that mends it takes one mend for each jump.
// A process that has just begun knows no "before". It believes those who do (a trust that is fresh), or
// else asks Postgres' clock and its own machine's (vote.ts).

import { OutageError } from '../errors.ts';
import type { ClockArgs, ClockReply } from '../generated/clock.ts';
import { rightTime } from './vote.ts';

/** How far ahead of a proof time may go on without the next one. */
export const TRUST_MS = 5_000;
/** An answer that took longer says nothing about when the clock was read. */
const ROUND_TRIP_MAX_MS = 500;
/** Two looks at a clock that jumped must agree this well. */
const AGREE_MS = 300;

export type Stands = Extract<ClockReply, { status: 'stands' }>;
export type AskClock = (args: ClockArgs) => Promise<Stands>;

export type ClockEvent =
  /** Redis' clock jumped: `byMs` ahead, or back if negative. Time went on without it. */
  | { readonly kind: 'jumped'; readonly partition: number; readonly byMs: number }
  /** Nobody had watched, and two other clocks said otherwise: time was set by `byMs`. */
  | { readonly kind: 'set'; readonly partition: number; readonly byMs: number }
  /** Nobody had watched, and nobody can say which clock is right: nothing comes due meanwhile. */
  | { readonly kind: 'unproven'; readonly partition: number };

export interface TimekeeperDoors {
  readonly monotonicMs: () => number;
  readonly machineMs: () => number;
  /** Undefined when it cannot be asked. */
  readonly postgresMs: () => Promise<number | undefined>;
  readonly hotRecordsMs: number;
  readonly onEvent: (event: ClockEvent) => void;
}

export interface Timekeeper {
  /** Looks once. @throws what `ask` throws: nothing is known then, and the next look goes on */
  look(ask: AskClock): Promise<void>;
  /** Whether it knows where Redis' clock should stand. */
  hasBegun(): boolean;
  /** False while nobody can say what the time is. */
  isProven(): boolean;
  shiftMs(): number;
}

/** A reading of Redis' clock, and when it was by ours. */
interface Reading {
  readonly stands: Stands;
  readonly atMs: number;
  readonly isPrompt: boolean;
}

export function createTimekeeper(partition: number, doors: TimekeeperDoors): Timekeeper {
  const { monotonicMs, machineMs, hotRecordsMs, onEvent } = doors;
  let anchor: { readonly redisMs: number; readonly atMs: number } | undefined;
  let shiftMs = 0;
  let isProven = true;

  async function read(ask: AskClock, asked: Partial<ClockArgs>): Promise<Reading> {
    const before = monotonicMs();
    const stands = await ask({
      redisMs: 0,
      knownShiftMs: shiftMs,
      shiftMs,
      trustMs: TRUST_MS,
      look: true,
      hotRecordsMs,
      ...asked,
    });
    const after = monotonicMs();
    return { stands, atMs: (before + after) / 2, isPrompt: after - before <= ROUND_TRIP_MAX_MS };
  }

  function adopt({ stands, atMs }: Reading): void {
    anchor = { redisMs: stands.redisMs, atMs };
    shiftMs = stands.shiftMs;
    isProven = true;
  }

  const expectedAt = (atMs: number, from: { redisMs: number; atMs: number }) =>
    Math.round(from.redisMs + atMs - from.atMs);

  /** Tells the script a new shift; somebody else may have been quicker. */
  async function shift(ask: AskClock, seen: Reading, byMs: number): Promise<boolean> {
    const redisMs = expectedAt(monotonicMs(), { ...seen.stands, atMs: seen.atMs });
    const knownShiftMs = seen.stands.shiftMs;
    const change = { redisMs, knownShiftMs, shiftMs: knownShiftMs + byMs, look: false };
    const done = await read(ask, change);
    if (done.stands.done) adopt(done);
    return done.stands.done;
  }

  async function begin(ask: AskClock): Promise<void> {
    const first = await read(ask, {});
    if (!first.isPrompt || first.stands.virtual) return;
    if (isFresh(first.stands)) return adopt(first);
    const postgres = await doors.postgresMs();
    const nowMs = monotonicMs();
    const ownMs = first.stands.redisMs + first.stands.shiftMs + nowMs - first.atMs;
    const rightMs = rightTime(ownMs, machineMs(), postgres);
    if (rightMs === undefined) {
      if (isProven) onEvent({ kind: 'unproven', partition });
      isProven = false;
      return;
    }
    const byMs = Math.round(rightMs - ownMs);
    if ((await shift(ask, first, byMs)) && byMs !== 0) onEvent({ kind: 'set', partition, byMs });
  }

  /** Redis' clock is not where it should be, or its shift is not. */
  async function resolve(ask: AskClock, seen: Reading, from: NonNullable<typeof anchor>) {
    if (isFresh(seen.stands)) return adopt(seen);
    if (seen.stands.shiftMs !== shiftMs) {
      anchor = undefined;
      return;
    }
    const again = await read(ask, {});
    const jumps = [seen, again].map(({ stands, atMs }) => stands.redisMs - expectedAt(atMs, from));
    const [byMs = 0, confirmed = 0] = jumps;
    if (!again.isPrompt || Math.abs(byMs - confirmed) > AGREE_MS) return;
    if (await shift(ask, again, -byMs)) onEvent({ kind: 'jumped', partition, byMs });
  }

  return {
    async look(ask) {
      if (anchor === undefined) return begin(ask);
      const from = anchor;
      const redisMs = expectedAt(monotonicMs(), from);
      const seen = await read(ask, { redisMs, look: false });
      if (seen.stands.virtual) return;
      // An answer that took long proves the clock, and not when it was read.
      if (!seen.isPrompt) return;
      if (seen.stands.done) adopt(seen);
      else await resolve(ask, seen, from);
    },
    hasBegun: () => anchor !== undefined,
    isProven: () => isProven,
    shiftMs: () => shiftMs,
  };
}

/** Somebody who watches has just proven it. */
function isFresh({ trustedUntilMs, redisMs }: Stands): boolean {
  const leftMs = trustedUntilMs - redisMs;
  return leftMs > TRUST_MS / 2 && leftMs <= TRUST_MS;
}

/** @throws OutageError when the partition is shut */
export function standsOrOutage(reply: Stands | { readonly status: 'recovering' }): Stands {
  if (reply.status === 'recovering') throw new OutageError('recovering');
  return reply;
}
