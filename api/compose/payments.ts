import { setTimeout as pause } from 'node:timers/promises';
import { newId } from '../../engine/index.ts';
import { rechargeEvents, refusedPaymentEvents, topUpEvents } from '../../notifications/index.ts';
import {
  type PaymentEvent,
  type PaymentReport,
  type PaymentTelling,
  reconcilePayments,
  startPaymentResume,
  startRecharging,
} from '../../payments/index.ts';
import { type CardPayments, createCardPayments } from '../payments.ts';
import type { Core } from './core.ts';

const ACCOUNT = { provider: 'stripe', organizationId: '' };
/** Stripe sends an event again for three days; a pass looks back further than it was away. */
const LOOK_BACK_MS = 3_600_000;
const FIRST_LOOK_BACK_MS = 3 * 86_400_000;
const LEASE_MS = 10 * 60_000;
const LOOK_EVERY_MS = 5_000;

const TELL: PaymentTelling = {
  topUp: (topUp, paidNow) => topUpEvents(topUp, paidNow, Date.now()),
  refused: (payment) => refusedPaymentEvents(payment, Date.now()),
  recharge: (news) => rechargeEvents(news, Date.now()),
};

/** @param announce told of what happened, after the fact */
export function cardPayments(core: Core, announce?: (event: PaymentEvent) => void): CardPayments {
  const { config, ledgerWait } = core;
  const waitForLedger: CardPayments['context']['waitForLedger'] = (mutation) =>
    ledgerWait.wait(mutation, config.RINGFENCE_LEDGER_WAIT_MS);
  return createCardPayments(config, { ...core, waitForLedger, tell: TELL }, announce);
}

/** One pass over what Stripe has. @throws Error without a key */
export async function reconcileStripe(
  core: Core,
  since?: Date,
  { stripe } = cardPayments(core),
): Promise<PaymentReport> {
  if (stripe === undefined) throw new Error('there are no credentials for stripe');
  const marks = core.directory.reconcileMarks;
  const last = await marks.reconciledUntil(ACCOUNT);
  const usual = last === null ? Date.now() - FIRST_LOOK_BACK_MS : last.getTime() - LOOK_BACK_MS;
  const from = since ?? new Date(usual);
  const report = await reconcilePayments(stripe, from);
  if (report.complete) await marks.advance(ACCOUNT, from, report.until);
  return report;
}

/**
 * What payments need without requests: movements taken up again, Stripe's lists compared, saved cards
 * charged.
 */
export function startPayments(
  core: Core,
  announce: (event: PaymentEvent) => void,
): { stop(): Promise<void> } {
  const { config, directory, log } = core;
  const payments = cardPayments(core, announce);
  const resuming = startPaymentResume(payments.context);
  const recharging = payments.stripe && startRecharging(payments.stripe);
  const stopping = new AbortController();
  const owner = newId('req');
  const reconciling = payments.stripe === undefined ? Promise.resolve() : loop();
  return {
    async stop() {
      stopping.abort();
      await Promise.all([resuming.stop(), recharging?.stop(), reconciling]);
    },
  };

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      await round().catch((err: unknown) => log.warn({ err }, 'stripe was not reconciled'));
      await pause(LOOK_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  async function round(): Promise<void> {
    const marks = directory.reconcileMarks;
    const order = await marks.claim([ACCOUNT], owner, LEASE_MS);
    if (order === undefined) return;
    let done = false;
    try {
      const report = await reconcileStripe(core, order.wantedSince ?? undefined, payments);
      done = report.complete;
      if (report.mended > 0) log.warn({ ...report }, 'payments were found that no event told of');
    } finally {
      await marks.finish(ACCOUNT, owner, config.RINGFENCE_RECONCILE_SECONDS * 1000, done);
    }
  }
}
