/** Auto-recharges by a clock of the test's own: a flusher and a worker beside an API that does nothing else. */
import { type Recharging, startRecharging } from '../../../payments/index.ts';
import { cardPayments } from '../../compose/payments.ts';
import { type TestProcess, testProcess } from '../../test/process.ts';
import { type StripeStage, stripeStage } from './stripe-stage.ts';

const EVERY_MS = 25;

export interface ClockedStage extends StripeStage {
  nowMs(): number;
  /** Never back. */
  setClock(time: string | number): void;
  pass(ms: number): void;
  /**
   * Another process that charges, by the same clock.
   * @param asks sees every use of Stripe by it, and is waited for: it may hold it up, or end it
   * @param everyMs between two looks
   */
  worker(asks?: Asks, everyMs?: number): Recharging;
}

type Asks = (what: 'before' | 'after') => void | Promise<void>;

/** @param at where the clock stands at first */
export async function clockedStage(at: string): Promise<ClockedStage> {
  const stage = await stripeStage(undefined, { background: false });
  const { REDIS_URL, DATABASE_URL } = stage.app.core.config;
  const stores = { REDIS_URL, DATABASE_URL: DATABASE_URL, RINGFENCE_ROLE: 'flusher' };
  const flusher: TestProcess = await testProcess(stores);
  let nowMs = Date.parse(at);
  const workers: Recharging[] = [];
  const clocked: ClockedStage = {
    ...stage,
    nowMs: () => nowMs,
    setClock(time) {
      nowMs = Math.max(nowMs, typeof time === 'string' ? Date.parse(time) : time);
    },
    pass(ms) {
      nowMs += ms;
    },
    worker(asks, everyMs = EVERY_MS) {
      const { stripe: context } = cardPayments(stage.app.core);
      if (context === undefined) throw new Error('no Stripe');
      const started = startRecharging(
        { ...context, nowMs: () => nowMs, ...(asks && { stripe: watched(context.stripe, asks) }) },
        everyMs,
      );
      workers.push(started);
      return started;
    },
    async stop() {
      await Promise.all(workers.map((one) => one.stop()));
      await flusher.stop();
      await stage.stop();
    },
  };
  return clocked;
}

type Client = NonNullable<ReturnType<typeof cardPayments>['stripe']>['stripe'];

/** Stripe for a process that `asks` may hold up, or end, before or after it has charged. */
function watched(stripe: Client, asks: Asks): Client {
  const paymentIntents = Object.create(stripe.paymentIntents) as Client['paymentIntents'];
  paymentIntents.create = async (...given) => {
    await asks('before');
    const intent = await stripe.paymentIntents.create(...given);
    await asks('after');
    return intent;
  };
  return Object.assign(Object.create(stripe) as Client, { paymentIntents });
}
