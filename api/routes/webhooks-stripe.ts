import { receive } from '../../payments/index.ts';
import { type Endpoint, webhook } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import type { CardPayments } from '../payments.ts';

const UNVERIFIED = {
  no_secret:
    'No secret is configured for this webhook: its operator must set STRIPE_WEBHOOK_SECRET.',
  unsigned: 'The request has no Stripe-Signature.',
  forged:
    'The Stripe-Signature is not by STRIPE_WEBHOOK_SECRET over this body, or is older than 5 minutes.',
} as const;

/** Stripe's events. A 2xx means that all that follows from one is in the ledger. */
export function stripeRoutes(payments: CardPayments): Endpoint[] {
  const events = webhook({
    path: '/webhooks/stripe',
    summary: 'Events of Stripe: payments, refunds, disputes.',
    async handle({ raw, headers }) {
      const { context, webhookSecrets } = payments;
      const signature = headers.get('stripe-signature');
      const outcome = await receive(context, raw, signature, webhookSecrets);
      if (outcome.status === 'unverified') {
        context.log.warn({ why: outcome.why, bytes: raw.length }, 'an event was turned away');
        throw new Problem('invalid_signature', UNVERIFIED[outcome.why]);
      }
      if (outcome.status === 'unreadable') {
        throw new Problem('invalid_request', 'The event is not what its type says.');
      }
      const reason = outcome.status === 'refused' ? { reason: outcome.reason } : {};
      const applied = outcome.status === 'applied';
      return { status: 200, body: { received: true, applied, ...reason } };
    },
  });
  return [events];
}
