import type Stripe from 'stripe';
import type { Engine } from '../engine/index.ts';
import type {
  AutoRecharge,
  AwaitedMutation,
  Directory,
  NewEvent,
  RechargeAttempt,
  RechargeCap,
  TellOfTopUp,
} from '../persistence/index.ts';

/** Where payments write what they do; a pino logger fits. */
export interface PaymentLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What happened to money by card, for whoever counts. */
export type PaymentEvent =
  | { readonly type: 'top_up.changed'; readonly topUpId: string; readonly state: string }
  /** Money came in that nobody ordered like this: somebody has to look. */
  | ({ readonly type: 'top_up.refused' } & RefusedPayment)
  /** `seconds` from the ledger entry that crossed the threshold to the outcome of the charge. */
  | { readonly type: 'recharge'; readonly outcome: RechargeOutcome; readonly seconds: number };

/** What Stripe made of one charge. */
export type RechargeOutcome = 'paid' | 'under_way' | 'declined' | 'unknown';

export interface RefusedPayment {
  readonly topUpId: string | undefined;
  readonly paymentIntent: string;
  readonly reason: string;
}

/**
 * The events that tell the outside. They are written in the transaction of what they tell: a process
 * that dies leaves both or neither. Pure.
 */
export interface PaymentTelling {
  readonly topUp: TellOfTopUp;
  refused(payment: RefusedPayment): readonly NewEvent[];
  recharge(event: RechargeEvent): readonly NewEvent[];
}

/** What happened to an auto-recharge; that one succeeded is told with its order. */
export type RechargeEvent = { readonly recharge: AutoRecharge } & (
  | {
      readonly type: 'failed';
      readonly attempt: RechargeAttempt;
      readonly reason: string;
      readonly failures: number;
      /** Null: it is not tried again by itself. */
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

export interface PaymentContext {
  readonly engine: Pick<Engine, 'credit'>;
  readonly directory: Pick<
    Directory,
    'topUps' | 'payments' | 'wallets' | 'organizations' | 'autoRecharges' | 'rechargeAttempts'
  >;
  /** Tells our objects at Stripe from those of another Ringfence on the same account. */
  readonly installation: string;
  /** Epoch ms of cool-offs, back-offs and caps. */
  nowMs(): number;
  /** Resolves when the mutation is in the ledger; throws OutageError ledger_wait_timeout. */
  waitForLedger(mutation: AwaitedMutation): Promise<void>;
  readonly log: PaymentLog;
  readonly tell: PaymentTelling;
  /** Told after the fact, by the process that saw it; must not throw. */
  announce(event: PaymentEvent): void;
}

/** The same with an account at Stripe. */
export interface StripeContext extends PaymentContext {
  readonly stripe: Stripe;
}

/** What charging saved cards needs besides. */
export interface RechargeContext extends StripeContext {
  readonly engine: Pick<Engine, 'credit' | 'wallets'>;
  /** Of one charge, in micros of its wallet's currency. */
  readonly bounds: { readonly minMicros: number; readonly maxMicros: number };
}
