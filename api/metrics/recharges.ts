import { Gauge, Histogram, type Registry } from 'prom-client';
import type { PaymentEvent } from '../../payments/index.ts';
import type { WaitingRecharges } from '../../persistence/index.ts';

export interface RechargeMetrics {
  recharge(event: Extract<PaymentEvent, { type: 'recharge' }>): void;
  /** Where to read the recharges that wait for somebody. */
  followRecharges(sample: () => Promise<WaitingRecharges>): void;
}

const SECONDS = [0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3600, 86_400];

/** Saved cards that are charged: how soon, with what outcome, and what does not go on by itself. */
export function rechargeMetrics(registers: Registry[]): RechargeMetrics {
  const seconds = new Histogram({
    name: 'ringfence_auto_recharge_seconds',
    help:
      "From the ledger entry that took a wallet under its threshold to Stripe's answer, by outcome: " +
      'paid, under_way, declined, unknown. Waits for caps and back-off count.',
    labelNames: ['outcome'],
    buckets: SECONDS,
    registers,
  });
  return {
    recharge: ({ outcome, seconds: passed }) => seconds.observe({ outcome }, passed),
    followRecharges: (sample) => addWaiting(registers, sample),
  };
}

/** While Postgres cannot be asked the last figures stand. */
function addWaiting(registers: Registry[], sample: () => Promise<WaitingRecharges>): void {
  const wallets = new Gauge({
    name: 'ringfence_auto_recharges_waiting',
    help: 'Auto-recharges that do not go on by themselves, by status: stopped, action_required.',
    labelNames: ['status'],
    registers,
    async collect() {
      const waiting = await sample().catch(() => undefined);
      if (waiting === undefined) return;
      wallets.set({ status: 'stopped' }, waiting.stopped);
      wallets.set({ status: 'action_required' }, waiting.actionRequired);
      open.set(waiting.openSeconds);
    },
  });
  const open = new Gauge({
    name: 'ringfence_auto_recharge_open_seconds',
    help: 'Age of the oldest attempt whose outcome is open; bank debits take days. 0: there is none.',
    registers,
  });
}
