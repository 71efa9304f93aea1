/** The events that changes of money by card are to the outside. Pure. */
import type {
  AutoRecharge,
  NewEvent,
  RechargeAttempt,
  RechargeCap,
  TopUp,
} from '../persistence/index.ts';
import { EVENT_TYPES, type EventType } from './catalogue.ts';
import { event } from './event.ts';

/**
 * A top-up in its new state; states on the way to one tell nothing. Its id has the moment in it: a
 * state may come again, and whoever writes it does so once.
 * @param paidNow its money has just come: a recharge succeeds once, though a refund of it may fail
 */
export function topUpEvents(topUp: TopUp, paidNow: boolean, nowMs: number): NewEvent[] {
  const type = EVENT_TYPES.find((known): known is EventType => known === `top_up.${topUp.state}`);
  if (type === undefined) return [];
  const told = {
    organizationId: topUp.organizationId,
    subject: topUp.walletId,
    occurredAtMs: nowMs,
    data: {
      top_up_id: topUp.id,
      organization_id: topUp.organizationId,
      wallet_id: topUp.walletId,
      state: topUp.state,
      credit_micros: topUp.creditMicros,
      bonus_micros: topUp.bonusMicros,
      charge_minor: topUp.chargeMinor,
      charge_currency: topUp.chargeCurrency,
      receipt_url: topUp.receiptUrl ?? undefined,
      failure_code: topUp.failureCode ?? undefined,
    },
  };
  const changed = event(type, [topUp.id, topUp.state, String(nowMs)], told);
  return paidNow && topUp.origin === 'auto_recharge' && topUp.state === 'succeeded'
    ? [changed, recharged(topUp, nowMs)]
    : [changed];
}

function recharged(topUp: TopUp, nowMs: number): NewEvent {
  return event('auto_recharge.succeeded', [topUp.id, String(nowMs)], {
    organizationId: topUp.organizationId,
    subject: topUp.walletId,
    occurredAtMs: nowMs,
    data: {
      wallet_id: topUp.walletId,
      organization_id: topUp.organizationId,
      attempt_id: topUp.id,
      amount_micros: topUp.creditMicros,
      currency: topUp.chargeCurrency,
      receipt_url: topUp.receiptUrl ?? undefined,
    },
  });
}

/** What happened to an auto-recharge, besides that it succeeded. */
export type RechargeNews = { readonly recharge: AutoRecharge } & (
  | {
      readonly type: 'failed';
      readonly attempt: RechargeAttempt;
      readonly reason: string;
      readonly failures: number;
      readonly retryAt: Date | null;
    }
  | {
      readonly type: 'action_required';
      readonly amountMicros: number;
      readonly currency: string;
      readonly url: string;
    }
  | { readonly type: 'stopped'; readonly reason: string }
  | { readonly type: 'capped'; readonly cap: RechargeCap; readonly until: Date }
);

export function rechargeEvents(news: RechargeNews, nowMs: number): NewEvent[] {
  const { walletId, organizationId } = news.recharge;
  const told = {
    organizationId,
    subject: walletId,
    occurredAtMs: nowMs,
    data: { wallet_id: walletId, organization_id: organizationId, ...newsData(news) },
  };
  return [event(`auto_recharge.${news.type}`, [walletId, String(nowMs)], told)];
}

function newsData(news: RechargeNews): Record<string, unknown> {
  switch (news.type) {
    case 'failed':
      return {
        attempt_id: news.attempt.id,
        amount_micros: news.attempt.creditMicros,
        currency: news.attempt.chargeCurrency,
        reason: news.reason,
        failures: news.failures,
        retry_at: news.retryAt?.toISOString(),
      };
    case 'action_required':
      return { amount_micros: news.amountMicros, currency: news.currency, url: news.url };
    case 'stopped':
      return { reason: news.reason };
    case 'capped':
      return { cap: news.cap, until: news.until.toISOString() };
  }
}

/** A payment that is not what was ordered. Whose it is is in doubt: only the platform is told. */
export function refusedPaymentEvents(
  payment: {
    readonly topUpId: string | undefined;
    readonly paymentIntent: string;
    readonly reason: string;
  },
  nowMs: number,
): NewEvent[] {
  const { paymentIntent, reason, topUpId } = payment;
  const told = {
    organizationId: null,
    subject: paymentIntent,
    occurredAtMs: nowMs,
    data: { payment_intent: paymentIntent, top_up_id: topUpId, reason },
  };
  return [event('payment.refused', [paymentIntent, reason, String(nowMs)], told)];
}
