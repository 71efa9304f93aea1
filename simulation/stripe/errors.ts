import type Stripe from 'stripe';
import { RequestError } from '../providers/http/route.ts';

interface ErrorFields {
  readonly type: 'invalid_request_error' | 'card_error' | 'idempotency_error' | 'api_error';
  readonly message: string;
  readonly code?: string;
  readonly decline_code?: string;
  readonly param?: string;
  readonly charge?: string;
  readonly payment_intent?: Stripe.PaymentIntent;
}

/** An error in Stripe's own shape. */
export class StripeFailure extends RequestError {
  constructor(status: number, error: ErrorFields) {
    const docs = error.code && `https://stripe.com/docs/error-codes/${dashed(error.code)}`;
    super(status, error.message, { error: { ...error, ...(docs && { doc_url: docs }) } });
  }
}

function dashed(code: string): string {
  return code.replaceAll('_', '-');
}

/** The request is wrong. */
export function invalid(
  message: string,
  more: { readonly param?: string; readonly code?: string } = {},
): StripeFailure {
  return new StripeFailure(400, { type: 'invalid_request_error', message, ...more });
}

/** Nothing of this kind has that id. 404 when it was in the path, 400 as a parameter. */
export function missing(what: string, id: string, param = 'id'): StripeFailure {
  return new StripeFailure(param === 'id' ? 404 : 400, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${what}: '${id}'`,
    param,
  });
}

/** The body of errors that the server itself makes: unknown routes, injected faults. */
export function errorBody(status: number, message: string): unknown {
  const type = status >= 500 ? 'api_error' : 'invalid_request_error';
  return { error: { type, message } };
}
