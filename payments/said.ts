/**
 * What a Stripe event, or an object that Stripe lists, says about a payment. Only these fields are
 * read; an event type that is not here says nothing.
 */
import { z } from 'zod';

/** Everything Stripe can tell us about one payment at a time. */
export interface Said {
  paymentIntent: string | undefined;
  /** From the labels that we gave the session and the payment. */
  topUpId: string | undefined;
  walletId: string | undefined;
  /** Whose labels they are; undefined in those of an earlier release. */
  installation?: string | undefined;
  /** It was paid: this much, in smallest units. */
  received?: { minor: number; currency: string } | undefined;
  ended?: 'failed' | 'expired' | undefined;
  failureCode?: string | undefined;
  refundedMinor?: number | undefined;
  /** Settled: nothing more is expected of it, though a bank may still send it back. */
  refund?: { id: string; amountMinor: number; failed: boolean; settled: boolean } | undefined;
  /** `at`, epoch seconds: when that was so. */
  dispute?: { id: string; amountMinor: number; status: string; at: number } | undefined;
  receiptUrl?: string | undefined;
  customerGone?: string | undefined;
  /** A card that can never be charged again. */
  methodGone?: string | undefined;
}

const id = z.string().min(1).max(255);
const minor = z.int().min(0);
/** An id, or the object itself where it was expanded. */
const reference = z
  .union([id, z.looseObject({ id }).transform((object) => object.id)])
  .nullish()
  .transform((value) => value ?? undefined);
const labels = z
  .looseObject({
    ringfence_top_up_id: z.string().max(64).optional(),
    ringfence_wallet_id: z.string().max(64).optional(),
    ringfence_installation: z.string().max(64).optional(),
  })
  .nullish();

const charge = z.looseObject({
  payment_intent: reference,
  amount_refunded: minor,
  status: z.string(),
  receipt_url: z.string().max(2000).nullish(),
  metadata: labels,
});
/** Of a payment, where it was expanded. */
const latestCharge = z.union([id.transform(() => undefined), charge]).nullish();
/** Of a page; its status and charge where they were expanded. */
const paymentOf = z
  .union([
    id.transform((text) => ({ id: text, status: '', latest_charge: undefined })),
    z.looseObject({ id, status: z.string(), latest_charge: latestCharge }),
  ])
  .nullish();

const session = z.looseObject({
  payment_intent: paymentOf,
  status: z.string().nullish(),
  payment_status: z.string(),
  amount_total: minor.nullable(),
  currency: z.string().nullable(),
  metadata: labels,
});
const intent = z.looseObject({
  id,
  status: z.string(),
  amount_received: minor,
  currency: z.string(),
  metadata: labels,
  latest_charge: latestCharge,
  last_payment_error: z
    .looseObject({ code: z.string().nullish(), decline_code: z.string().nullish() })
    .nullish(),
});
const refund = z.looseObject({
  id,
  payment_intent: reference,
  amount: minor,
  status: z.string().nullish(),
});
const dispute = z.looseObject({
  id,
  payment_intent: reference,
  amount: minor,
  status: z.string(),
});

/** By the `object` field that every one of Stripe's objects has. */
const READERS: Readonly<Record<string, (object: unknown, type: string, at: number) => Said>> = {
  'checkout.session': (object, type) => saidBySession(session.parse(object), type),
  payment_intent: (object) => saidByIntent(intent.parse(object)),
  charge(object) {
    const given = charge.parse(object);
    const paymentIntent = given.payment_intent;
    return { paymentIntent, ...ours(given.metadata), ...saidByCharge(given) };
  },
  refund(object) {
    const { id: refundId, payment_intent: paymentIntent, amount, status } = refund.parse(object);
    const failed = status === 'failed' || status === 'canceled';
    const settled = failed || status === 'succeeded';
    const said = { id: refundId, amountMinor: amount, failed, settled };
    return { paymentIntent, ...NOBODY, refund: said };
  },
  dispute(object, _, at) {
    const { id: disputeId, payment_intent: paymentIntent, amount, status } = dispute.parse(object);
    return {
      paymentIntent,
      ...NOBODY,
      dispute: { id: disputeId, amountMinor: amount, status, at },
    };
  },
  customer(object) {
    const customerGone = z.looseObject({ id }).parse(object).id;
    return { paymentIntent: undefined, ...NOBODY, customerGone };
  },
  payment_method(object) {
    const methodGone = z.looseObject({ id }).parse(object).id;
    return { paymentIntent: undefined, ...NOBODY, methodGone };
  },
};

const NOBODY = { topUpId: undefined, walletId: undefined };
/** Customers and cards change for many reasons; only their end concerns us. */
const ONLY: Readonly<Record<string, string>> = {
  customer: 'customer.deleted',
  payment_method: 'payment_method.detached',
};

/**
 * @param type of the event, or the object's own when it was listed
 * @param at epoch seconds: the object was like this then
 * @returns undefined when it says nothing to us
 * @throws ZodError when the object is not what its type says
 */
export function readSaid(type: string, object: unknown, at: number): Said | undefined {
  const kind = z.looseObject({ object: z.string() }).safeParse(object);
  const reader = kind.success ? READERS[kind.data.object] : undefined;
  if (reader === undefined) return undefined;
  if ((ONLY[kind.data?.object ?? ''] ?? type) !== type) return undefined;
  const said = reader(object, type, at);
  const { paymentIntent, topUpId, customerGone, methodGone } = said;
  return (paymentIntent ?? topUpId ?? customerGone ?? methodGone) ? said : undefined;
}

function ours(metadata: z.infer<typeof labels>) {
  return {
    topUpId: metadata?.ringfence_top_up_id,
    walletId: metadata?.ringfence_wallet_id,
    ...(metadata?.ringfence_installation !== undefined && {
      installation: metadata.ringfence_installation,
    }),
  };
}

/** Statuses of the payment of a completed page whose bank debit did not come through. */
const GIVEN_UP = new Set(['requires_payment_method', 'canceled']);

/** Completed is not paid: a bank debit is on its way then. */
function saidBySession(object: z.infer<typeof session>, type: string): Said {
  const { payment_intent: payment, amount_total: total, currency } = object;
  const paid = payment?.latest_charge;
  const said: Said = {
    paymentIntent: payment?.id,
    ...ours(object.metadata),
    ...(paid && saidByCharge(paid)),
  };
  if (object.payment_status === 'paid' && total !== null && currency !== null) {
    return { ...said, received: { minor: total, currency } };
  }
  // A listed page has no such event: its payment, if it was asked for too, has gone back to the start.
  const failed = object.status === 'complete' && GIVEN_UP.has(payment?.status ?? '');
  if (failed || type === 'checkout.session.async_payment_failed') {
    return { ...said, ended: 'failed' };
  }
  return type === 'checkout.session.expired' || object.status === 'expired'
    ? { ...said, ended: 'expired' }
    : said;
}

function saidByCharge(object: z.infer<typeof charge>) {
  // A charge that failed may have one too, which is of no use.
  const receiptUrl = (object.status === 'succeeded' && object.receipt_url) || undefined;
  return { refundedMinor: object.amount_refunded, receiptUrl };
}

/** Its charge is there where it was asked for. */
function saidByIntent(object: z.infer<typeof intent>): Said {
  const { latest_charge: paid } = object;
  const said: Said = {
    paymentIntent: object.id,
    ...ours(object.metadata),
    ...(paid && saidByCharge(paid)),
  };
  if (object.status === 'succeeded') {
    return { ...said, received: { minor: object.amount_received, currency: object.currency } };
  }
  if (object.status === 'canceled') return { ...said, ended: 'expired' };
  const error = object.last_payment_error;
  const failureCode = error?.decline_code ?? error?.code ?? undefined;
  return failureCode === undefined ? said : { ...said, failureCode };
}
