import {
  createStripe,
  type PaymentContext,
  type PaymentEvent,
  type PaymentLog,
  type RechargeContext,
} from '../payments/index.ts';
import { type Environment, secretsIn } from './config-schema.ts';

/** Money by card, as the routes see it. */
export interface CardPayments {
  readonly context: PaymentContext;
  /** Undefined without a key: events are taken all the same, orders are not. */
  readonly stripe: RechargeContext | undefined;
  readonly webhookSecrets: readonly string[];
  /** Of free amounts. */
  readonly bounds: { readonly minMicros: number; readonly maxMicros: number };
}

type Doors = Pick<PaymentContext, 'directory' | 'waitForLedger' | 'tell' | 'installation'> & {
  engine: RechargeContext['engine'];
  log: PaymentLog;
};

/** @param announce told of what happened, after the fact */
export function createCardPayments(
  config: Environment,
  { engine, directory, waitForLedger, tell, installation, log }: Doors,
  announce: (event: PaymentEvent) => void = () => undefined,
): CardPayments {
  const doors = { engine, directory, waitForLedger, tell, installation, log };
  const context = { ...doors, announce, nowMs: Date.now };
  const key = config.STRIPE_API_KEY;
  const bounds = {
    minMicros: config.RINGFENCE_TOP_UP_MIN_MICROS,
    maxMicros: config.RINGFENCE_TOP_UP_MAX_MICROS,
  };
  return {
    context,
    stripe:
      key === undefined
        ? undefined
        : { ...context, bounds, stripe: createStripe(key, config.STRIPE_BASE_URL) },
    webhookSecrets: secretsIn(config.STRIPE_WEBHOOK_SECRET),
    bounds,
  };
}
