import {
  createStripe,
  type PaymentContext,
  type PaymentEvent,
  type PaymentLog,
  type StripeContext,
} from '../payments/index.ts';
import { type Environment, secretsIn } from './config-schema.ts';

/** Money by card, as the routes see it. */
export interface CardPayments {
  readonly context: PaymentContext;
  /** Undefined without a key: events are taken all the same, orders are not. */
  readonly stripe: StripeContext | undefined;
  readonly webhookSecrets: readonly string[];
  /** Of free amounts. */
  readonly bounds: { readonly minMicros: number; readonly maxMicros: number };
}

type Doors = Pick<PaymentContext, 'engine' | 'directory' | 'waitForLedger'> & { log: PaymentLog };

/** @param announce told of what happened, after the fact */
export function createCardPayments(
  config: Environment,
  { engine, directory, waitForLedger, log }: Doors,
  announce: (event: PaymentEvent) => void = () => undefined,
): CardPayments {
  const context: PaymentContext = { engine, directory, waitForLedger, log, announce };
  const key = config.STRIPE_API_KEY;
  return {
    context,
    stripe:
      key === undefined
        ? undefined
        : { ...context, stripe: createStripe(key, config.STRIPE_BASE_URL) },
    webhookSecrets: secretsIn(config.STRIPE_WEBHOOK_SECRET),
    bounds: {
      minMicros: config.RINGFENCE_TOP_UP_MIN_MICROS,
      maxMicros: config.RINGFENCE_TOP_UP_MAX_MICROS,
    },
  };
}
