import { Counter, Histogram, type Registry } from 'prom-client';
import type { ClockEvent, ErrorCode, OnScript } from '../../engine/index.ts';
import { SECONDS } from './buckets.ts';

/** What the engine tells of itself; given to it when it is made. */
export interface EngineWatch {
  onScript: OnScript;
  onNotAdmitted(code: ErrorCode): void;
  onClock(event: ClockEvent): void;
}

/** Scripts that ask for money to be set aside or taken: a no of theirs is a refused admission. */
const ADMITTING = new Set(['authorize', 'charge', 'transfer']);
const NOES = new Set([
  'insufficient_funds',
  'wallet_frozen',
  'too_many_live_calls',
  'balance_out_of_range',
]);

/** The time of the engine's scripts, what they answered, and what was not admitted. */
export function scriptMetrics(registers: Registry[]): EngineWatch {
  const seconds = new Histogram({
    name: 'ringfence_script_seconds',
    help: 'Time this process waited for a script of the engine: network and queue included.',
    labelNames: ['script'],
    buckets: SECONDS,
    registers,
  });
  const replies = new Counter({
    name: 'ringfence_script_replies_total',
    help: 'Calls of a script by its status word, or the code of the outage that came instead.',
    labelNames: ['script', 'status'],
    registers,
  });
  const refusals = new Counter({
    name: 'ringfence_admission_refusals_total',
    help: 'New holds, charges and transfers that were not admitted, by reason.',
    labelNames: ['code'],
    registers,
  });
  const clocks = new Counter({
    name: 'ringfence_clock_events_total',
    help: "Jumps of Redis' clock by partition that this process mended, and clocks it could not prove.",
    labelNames: ['kind'],
    registers,
  });
  return {
    onClock: ({ kind }) => clocks.inc({ kind }),
    onScript(script, elapsedMs, status) {
      seconds.observe({ script }, elapsedMs / 1000);
      replies.inc({ script, status });
      if (ADMITTING.has(script) && NOES.has(status)) refusals.inc({ code: status });
    },
    onNotAdmitted: (code) => refusals.inc({ code }),
  };
}
