import type { Exchange } from './exchange.ts';
import { type Faults, faultsSchema } from './faults.ts';
import type { PhoneCall } from './phone-call.ts';
import type { CallRecord } from './record.ts';
import type { ScriptPlan } from './script.ts';

/** What tests and simulations may know and do that a provider's customer may not. */
export interface Control {
  readonly seed: number;
  /** The simulated moment, epoch ms. */
  now(): number;
  /**
   * Moves the simulated moment on at once. With it a clock may run slowly, so that nothing ends by itself
   * while somebody looks at it, and a test need not wait for what takes long.
   */
  advance(byMs: number): void;
  /** The truth about every call, oldest first. */
  records(): CallRecord[];
  record(providerCallId: string): CallRecord | undefined;
  /** How later calls with this person go: the called number, or the caller's when inbound. */
  script(number: string, plan: ScriptPlan): void;
  usualScript(plan: ScriptPlan): void;
  /** Replaces the faults of the server. */
  setFaults(faults: Faults): void;
  counts(): Counts;
}

export interface Counts {
  readonly calls: number;
  readonly open: number;
  readonly live: number;
  readonly webhooksPending: number;
  readonly webhooks: Exchange<PhoneCall>['webhooks']['counts'];
}

export interface Simulator<K extends Control> {
  readonly url: string;
  readonly control: K;
  /** Stops listening, and forgets all timers and undelivered webhooks. */
  stop(): Promise<void>;
}

/** @param describe makes the record of one call. */
export function commonControl<C extends PhoneCall>(
  exchange: Exchange<C>,
  describe: (call: C) => CallRecord,
): Control {
  return {
    seed: exchange.seed,
    now: () => exchange.clock.now(),
    advance: (byMs) => exchange.clock.advance(byMs),
    records: () => [...exchange.calls.values()].map(describe),
    record(providerCallId) {
      const call = exchange.calls.get(providerCallId);
      return call && describe(call);
    },
    script: (number, plan) => exchange.scripts.set(number, plan),
    usualScript: (plan) => exchange.scripts.setUsual(plan),
    setFaults(faults) {
      exchange.faults = faultsSchema.parse(faults);
    },
    counts: () => ({
      calls: exchange.calls.size,
      open: exchange.line.open,
      live: exchange.line.live,
      webhooksPending: exchange.webhooks.pending,
      webhooks: { ...exchange.webhooks.counts },
    }),
  };
}
