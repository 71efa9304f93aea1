/**
 * Charges what is due. The ledger says when: the entry that crosses a threshold marks the recharge in
 * its own transaction, and the commit wakes every process that charges; one of them makes the attempt.
 * The looks in between are for what is due later, and for what a process left behind. A charge that
 * Stripe is slow with holds up no other wallet.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { RechargeContext } from '../context.ts';
import { leftBridges, takeBack } from './bridge.ts';
import { ASK_LEASE_MS, charge } from './charge.ts';
import { askOwner } from './confirm.ts';
import { createHands } from './hands.ts';
import { recharge } from './recharge.ts';

const EVERY_MS = 5_000;
/** Wallets in hand at once; each waits for Stripe, and then for the ledger. */
const AT_ONCE = 32;
/** Read at a time; more than hands, because some may rest. */
const BATCH = 200;
/** Attempts without an outcome are asked for again after 30 s, then 1 min, up to half an hour. */
const ASK_MAX_MS = 30 * 60_000;

export interface Recharging {
  stop(): Promise<void>;
}

/** Works until it is stopped. */
export function startRecharging(context: RechargeContext, everyMs = EVERY_MS): Recharging {
  const { directory, log } = context;
  const { autoRecharges, rechargeAttempts } = directory;
  const stopping = new AbortController();
  let woken = new AbortController();
  const wake = () => woken.abort();
  const hands = createHands({ most: AT_ONCE, restMs: everyMs, wake, log });
  const listening = autoRecharges
    .listen(wake)
    .catch((err: unknown) => log.warn({ err }, 'auto-recharges are looked for from time to time'));
  const running = loop();
  return {
    async stop() {
      stopping.abort();
      await running;
      await hands.done();
      await (await listening)?.();
    },
  };

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      woken = new AbortController();
      const waitMs = await look().catch((err: unknown) => {
        log.warn({ err }, 'auto-recharges wait');
        return everyMs;
      });
      const signal = AbortSignal.any([stopping.signal, woken.signal]);
      await pause(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Begins what there is to do. @returns ms until there may be more */
  async function look(): Promise<number> {
    const nowMs = context.nowMs();
    const now = new Date(nowMs);
    for (const attempt of await leftBridges(context)) {
      hands.begin(attempt.walletId, () => takeBack(context, attempt));
    }
    const nextAt = (times: number) =>
      new Date(nowMs + Math.min(ASK_LEASE_MS * 2 ** (times - 1), ASK_MAX_MS));
    for (const attempt of await rechargeAttempts.takeUp(now, nextAt, hands.free())) {
      hands.begin(attempt.walletId, async () => {
        const outcome = await charge(context, attempt);
        log.info({ attempt: attempt.id, outcome }, 'an auto-recharge was taken up');
      });
    }
    for (const due of await autoRecharges.due(now, BATCH)) {
      hands.begin(due.walletId, () => recharge(context, due));
    }
    for (const one of await autoRecharges.unasked(BATCH)) {
      hands.begin(one.walletId, () => askOwner(context, one));
    }
    const next = await autoRecharges.nextDue(now);
    return Math.max(0, Math.min(everyMs, (next?.getTime() ?? Number.POSITIVE_INFINITY) - nowMs));
  }
}
