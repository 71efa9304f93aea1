import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { CutoffMeasure, UnknownEvent } from '../../kill-switch/index.ts';
import type { LiveCalls } from '../../persistence/index.ts';

export interface KillSwitchMetrics {
  readonly cutoff: CutoffMeasure;
  readonly unknownEvent: UnknownEvent;
}

const KILL_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300];

/** How calls end for lack of money, and what providers say that nobody understands. */
export function killSwitchMetrics(registers: Registry[]): KillSwitchMetrics {
  const timeToKill = new Histogram({
    name: 'ringfence_time_to_kill_seconds',
    help: 'From the cutoff of a call to an accepted push, and to the proof of its end.',
    labelNames: ['stage'],
    buckets: KILL_SECONDS,
    registers,
  });
  const pushes = new Counter({
    name: 'ringfence_pushes_total',
    help: 'Orders to live calls, by provider, order and what became of them.',
    labelNames: ['provider', 'order', 'result'],
    registers,
  });
  const failed = new Counter({
    name: 'ringfence_cutoffs_failed_total',
    help: 'Calls whose end nobody confirmed in good time. Each one wants a look.',
    labelNames: ['reason'],
    registers,
  });
  const warned = new Counter({
    name: 'ringfence_calls_warned_total',
    help: 'Calls that were warned of their end.',
    registers,
  });
  const unknown = new Counter({
    name: 'ringfence_unknown_events_total',
    help: 'Messages and end reasons of providers that this release does not know.',
    labelNames: ['provider', 'what'],
    registers,
  });
  return {
    cutoff: {
      timeToKill: (stage, ms) => timeToKill.observe({ stage }, Math.max(0, ms) / 1000),
      pushed: (provider, order, result) => pushes.inc({ provider, order, result }),
      cutoffFailed: (reason) => failed.inc({ reason }),
      warned: () => warned.inc(),
    },
    unknownEvent: (provider, what) => unknown.inc({ provider, what }),
  };
}

/** A page of metrics asks each gauge; they share one sample. */
const SAMPLE_MS = 1_000;

/**
 * Gauges of the calls that go on, read from the ledger when the page is asked for. While it is away
 * they keep their last value.
 */
export function addLiveCallGauges(registers: Registry[], sample: () => Promise<LiveCalls>): void {
  let sampledAtMs = Number.NEGATIVE_INFINITY;
  let sampled: Promise<LiveCalls | undefined> = Promise.resolve(undefined);

  function shared(): Promise<LiveCalls | undefined> {
    if (performance.now() - sampledAtMs < SAMPLE_MS) return sampled;
    sampledAtMs = performance.now();
    sampled = sample().catch(() => undefined);
    return sampled;
  }

  function gauge(name: string, help: string, read: (calls: LiveCalls) => number): void {
    new Gauge({
      name,
      help,
      // Every process reads the same ledger.
      aggregator: 'max',
      registers,
      async collect() {
        const calls = await shared();
        if (calls !== undefined) this.set(read(calls));
      },
    });
  }

  gauge('ringfence_live_calls', 'Answered calls that are not over.', (calls) => calls.live);
  gauge('ringfence_final_calls', 'Those whose money has run short.', (calls) => calls.final);
  gauge(
    'ringfence_covered_ahead_min_seconds',
    'How far ahead of the clock the others are paid: the least of a sample, 0 without calls.',
    (calls) => calls.aheadMinMs / 1000,
  );
  gauge(
    'ringfence_covered_ahead_avg_seconds',
    'How far ahead of the clock the others are paid: the average of a sample, 0 without calls.',
    (calls) => calls.aheadAverageMs / 1000,
  );
}
