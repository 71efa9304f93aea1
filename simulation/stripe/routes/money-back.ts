import { z } from 'zod';
import type { Route } from '../../providers/http/route.ts';
import { type Account, found } from '../account.ts';
import { invalid } from '../errors.ts';
import { metadata, parameters, whole, yesOrNo } from '../form.ts';
import { list } from '../list.ts';
import { closeDispute, reviewDispute } from '../objects/dispute.ts';
import { newRefund } from '../objects/refund.ts';
import { stripeRoute } from './stripe-route.ts';

const refundSchema = z.strictObject({
  payment_intent: z.string().optional(),
  charge: z.string().optional(),
  amount: whole.optional(),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  metadata,
});
const disputeSchema = z.strictObject({
  evidence: z.record(z.string(), z.string()).optional(),
  submit: yesOrNo.default(true),
  metadata,
});

/** Refunds, disputes and the list of events. */
export function moneyBackRoutes(account: Account): Route[] {
  const { refunds, disputes } = account;
  return [
    stripeRoute(account, 'POST', '/refunds', 'create', ({ form }) => {
      const { payment_intent: intentId, ...given } = parameters(refundSchema, form);
      const charge =
        given.charge ?? (intentId && account.intent(intentId, 'payment_intent').latest_charge);
      if (typeof charge !== 'string') throw invalid('One of charge or payment_intent is required.');
      return newRefund(account, { ...given, charge });
    }),
    stripeRoute(account, 'GET', '/refunds', 'list', ({ request }) =>
      list(request, refunds.values(), ['charge', 'payment_intent']),
    ),
    stripeRoute(account, 'GET', '/refunds/:id', 'read', ({ id }) => found(refunds, 'refund', id)),
    stripeRoute(account, 'GET', '/disputes', 'list', ({ request }) =>
      list(request, disputes.values(), ['charge', 'payment_intent']),
    ),
    stripeRoute(account, 'GET', '/disputes/:id', 'read', ({ id }) =>
      found(disputes, 'dispute', id),
    ),
    stripeRoute(account, 'POST', '/disputes/:id', 'update', ({ form, id }) => {
      const dispute = found(disputes, 'dispute', id);
      if (parameters(disputeSchema, form).submit) reviewDispute(account, dispute);
      return dispute;
    }),
    stripeRoute(account, 'POST', '/disputes/:id/close', 'update', ({ id }) => {
      const dispute = found(disputes, 'dispute', id);
      closeDispute(account, dispute, 'lost');
      return dispute;
    }),
    stripeRoute(account, 'GET', '/events', 'list', ({ request }) =>
      list(request, account.events.all, ['type']),
    ),
    stripeRoute(account, 'GET', '/events/:id', 'read', ({ id }) =>
      found(new Map(account.events.all.map((event) => [event.id, event])), 'event', id),
    ),
  ];
}
