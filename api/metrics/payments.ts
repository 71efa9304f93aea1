import { Counter, Gauge, type Registry } from 'prom-client';
import type { PaymentEvent } from '../../payments/index.ts';
import type { WaitingPayments } from '../../persistence/index.ts';
import { type RechargeMetrics, rechargeMetrics } from './recharges.ts';

export interface PaymentMetrics extends Pick<RechargeMetrics, 'followRecharges'> {
  payment(event: PaymentEvent): void;
  /** Where to read the payments that wait for somebody. */
  followPayments(sample: () => Promise<WaitingPayments>): void;
}

/** Money by card: what became of it, and what somebody has to look at. */
export function paymentMetrics(registers: Registry[]): PaymentMetrics {
  const topUps = new Counter({
    name: 'ringfence_top_ups_total',
    help: 'Top-ups that came to a state, by state, as seen by this process.',
    labelNames: ['state'],
    registers,
  });
  const refusals = new Counter({
    name: 'ringfence_payments_refused_total',
    help: 'Payments that are not what was ordered and were not credited, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const { followRecharges, recharge } = rechargeMetrics(registers);
  return {
    payment(event) {
      if (event.type === 'recharge') recharge(event);
      else if (event.type === 'top_up.changed') topUps.inc({ state: event.state });
      else refusals.inc({ reason: event.reason });
    },
    followPayments: (sample) => addWaiting(registers, sample),
    followRecharges,
  };
}

/** While Postgres cannot be asked the last figures stand. */
function addWaiting(registers: Registry[], sample: () => Promise<WaitingPayments>): void {
  let reading: Promise<WaitingPayments | undefined> | undefined;
  const read = () => {
    reading ??= sample()
      .catch(() => undefined)
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const gauge = (name: string, help: string, of: (waiting: WaitingPayments) => number) =>
    new Gauge({
      name,
      help,
      // Every process reads the same ledger.
      aggregator: 'max',
      registers,
      async collect() {
        const waiting = await read();
        if (waiting !== undefined) this.set(of(waiting));
      },
    });
  gauge(
    'ringfence_payments_refused',
    'Payments of the last 30 days that were not credited because they are not what was ordered.',
    ({ refused }) => refused,
  );
  gauge(
    'ringfence_payments_put_off',
    'Payments of which a movement could not be made, and is tried again.',
    ({ putOff }) => putOff,
  );
}
