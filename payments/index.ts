/** The door of payments: money that comes in by card. Nothing else of this folder is imported. */
export type { Applied } from './apply.ts';
export { createStripe, STRIPE_API_VERSION } from './client.ts';
export type { PaymentContext, PaymentEvent, PaymentLog, StripeContext } from './context.ts';
export { exponentOf, isCardCurrency, microsOf, minorOf } from './minor-units.ts';
export { type PaymentReport, reconcilePayments } from './reconcile.ts';
export { startPaymentResume } from './resume.ts';
export { freeOrder, type OpenedTopUp, openTopUp, type TopUpOrder } from './top-up.ts';
export { type Received, receive } from './webhook.ts';
