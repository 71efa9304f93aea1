/** What the enforcer does for one member of a due set: a hold, or a wallet that got money. */
import { type HoldState, OutageError } from '../../engine/index.ts';
import { createSeenOnce } from '../events/seen-once.ts';
import type { EnforcerOptions } from './enforcer.ts';

/** Final calls of a wallet that are extended again at a time; the rest follow while money lasts. */
const FINALS_BATCH = 100;
const FINALS_ROUNDS_MAX = 100;
/** A silent call that may not be ended yet is looked at again this much later. */
const LOOK_AGAIN_MS = 5_000;
const WAITING_MAX = 100_000;

export interface MemberHandler {
  /** Never throws. A member that fails comes back when its lease ends. */
  work(partition: number, member: string, nowMs: number): Promise<void>;
  /** The engine answered: its clock stands at `nowMs`. */
  sawClock(nowMs: number): void;
  /** The engine was away: silence since then says nothing about the calls. */
  lostClock(): void;
}

export function createMemberHandler(options: EnforcerOptions): MemberHandler {
  const { engine, log } = options;
  const cutOff = createSeenOnce();
  /** Silent holds, and until when there is nothing to do for them. */
  const waitUntilMs = new Map<string, number>();
  let watchingSinceMs: number | undefined;

  async function hold(partition: number, holdId: string, nowMs: number): Promise<void> {
    if (nowMs < (waitUntilMs.get(holdId) ?? 0)) return;
    waitUntilMs.delete(holdId);
    const reply = await engine.check({ partition, holdId, proofOfLife: false });
    if (!('hold' in reply)) {
      if (reply.status === 'hold_not_found') {
        log.error({ partition, hold_id: holdId }, 'a hold is due that nobody knows');
      }
      return;
    }
    options.saw?.(holdId, reply.hold);
    if (reply.status === 'hold_closed') return;
    if (reply.status === 'ringing') {
      await expire(partition, holdId, nowMs >= reply.hold.createdAtMs + reply.hold.policy.ringMs);
      return;
    }
    if (isCutOff(reply.hold, reply.nowMs)) await hangUp(holdId, reply.hold);
    if (isSilent(reply.hold, reply.nowMs)) await endSilent(partition, holdId, reply.hold, nowMs);
  }

  /** Only time in which an enforcer ran counts as silence: after a restart everybody is silent. */
  async function endSilent(
    partition: number,
    holdId: string,
    silent: HoldState,
    nowMs: number,
  ): Promise<void> {
    const sinceMs = Math.max(silent.lastSeenAtMs, watchingSinceMs ?? nowMs);
    if (nowMs >= sinceMs + silent.policy.heartbeatMs) {
      await expire(partition, holdId, true);
      return;
    }
    // The engine keeps such a call due; nothing can be done for it before its next extension.
    if (waitUntilMs.size >= WAITING_MAX) waitUntilMs.clear();
    const cutoffAtMs = silent.cutoffAtMs || Number.POSITIVE_INFINITY;
    waitUntilMs.set(holdId, Math.min(nowMs + LOOK_AGAIN_MS, cutoffAtMs));
  }

  async function expire(partition: number, holdId: string, due: boolean): Promise<void> {
    if (!due) return;
    const reply = await engine.expire({ partition, holdId });
    if (reply.status !== 'done') return;
    const ended = reply.entry.hold;
    if (ended === null) return;
    options.saw?.(holdId, ended);
    options.note?.(ended, 'expired', { state: ended.state, estimated: ended.estimated });
  }

  async function hangUp(holdId: string, ending: HoldState): Promise<void> {
    const { organizationId, callId, finalReason, cutoffAtMs } = ending;
    if (cutOff.first(holdId)) {
      log.info({ call_id: callId, reason: finalReason }, 'a call has reached its cutoff');
      options.note?.(ending, 'cutoff_pending', { reason: finalReason, cutoff_at_ms: cutoffAtMs });
    }
    await options.hangup?.hangUp({
      organizationId,
      callId,
      holdId,
      reason: finalReason,
      cutoffAtMs,
    });
  }

  /** Shares what came in among the calls that ran short, those with the least time left first. */
  async function wallet(partition: number, walletId: string, nowMs: number): Promise<void> {
    for (let round = 0; round < FINALS_ROUNDS_MAX; round++) {
      const holdIds = await engine.finals(partition, walletId, FINALS_BATCH);
      let rescued = 0;
      for (const holdId of holdIds) {
        const reply = await engine.check({ partition, holdId, proofOfLife: false });
        if (!('hold' in reply) || reply.status === 'hold_closed') continue;
        options.saw?.(holdId, reply.hold);
        if (reply.hold.finalReason === '') rescued += 1;
        else if (isCutOff(reply.hold, nowMs)) await hangUp(holdId, reply.hold);
      }
      if (holdIds.length < FINALS_BATCH || rescued === 0) return;
    }
  }

  return {
    async work(partition, member, nowMs) {
      try {
        if (member.startsWith('wal_')) await wallet(partition, member, nowMs);
        else await hold(partition, member, nowMs);
      } catch (error) {
        const fields = { err: error, partition, member };
        if (error instanceof OutageError) log.warn(fields, 'a due call must wait for the engine');
        else log.error(fields, 'a due call could not be handled');
      }
    },
    sawClock(nowMs) {
      watchingSinceMs ??= nowMs;
    },
    lostClock() {
      watchingSinceMs = undefined;
      waitUntilMs.clear();
    },
  };
}

function isCutOff(hold: HoldState, nowMs: number): boolean {
  return hold.finalReason !== '' && nowMs >= hold.cutoffAtMs;
}

function isSilent(hold: HoldState, nowMs: number): boolean {
  return !hold.hasProvider && nowMs >= hold.lastSeenAtMs + hold.policy.heartbeatMs;
}
