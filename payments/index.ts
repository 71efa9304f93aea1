/** The door of payments: money that comes in by card. Nothing else of this folder is imported. */
export type { Applied } from './apply.ts';
export { createStripe, STRIPE_API_VERSION } from './client.ts';
export type {
  PaymentContext,
  PaymentEvent,
  PaymentLog,
  PaymentTelling,
  RechargeContext,
  RechargeEvent,
  RefusedPayment,
  StripeContext,
} from './context.ts';
export { exponentOf, isCardCurrency, microsOf, minorOf, stepMicrosOf } from './minor-units.ts';
export { savedCard } from './recharge/card.ts';
export { createRechargeFollower } from './recharge/follower.ts';
export { capSpans, type Size, sizeOf } from './recharge/size.ts';
export { type Recharging, startRecharging } from './recharge/worker.ts';
export { type PaymentReport, reconcilePayments } from './reconcile.ts';
export { startPaymentResume } from './resume.ts';
export { freeOrder, type OpenedTopUp, openTopUp, type TopUpOrder, translated } from './top-up.ts';
export { type Received, receive } from './webhook.ts';
