import type Stripe from 'stripe';
import type { Engine } from '../engine/index.ts';
import type { AwaitedMutation, Directory } from '../persistence/index.ts';

/** Where payments write what they do; a pino logger fits. */
export interface PaymentLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What happened to money by card, for whoever tells others. One door for all of it. */
export type PaymentEvent =
  | { readonly type: 'top_up.changed'; readonly topUpId: string; readonly state: string }
  /** Money came in that nobody ordered like this: somebody has to look. */
  | {
      readonly type: 'top_up.refused';
      readonly topUpId: string | undefined;
      readonly paymentIntent: string;
      readonly reason: string;
    };

export interface PaymentContext {
  readonly engine: Pick<Engine, 'credit'>;
  readonly directory: Pick<Directory, 'topUps' | 'payments' | 'wallets' | 'organizations'>;
  /** Resolves when the mutation is in the ledger; throws OutageError ledger_wait_timeout. */
  waitForLedger(mutation: AwaitedMutation): Promise<void>;
  readonly log: PaymentLog;
  /** Told after the fact; must not throw. */
  announce(event: PaymentEvent): void;
}

/** The same with an account at Stripe. */
export interface StripeContext extends PaymentContext {
  readonly stripe: Stripe;
}
