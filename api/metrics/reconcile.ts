import { Counter, Gauge, type Registry } from 'prom-client';
import type { Asked, ReconcileReport } from '../../kill-switch/index.ts';

export interface ReconcileMetrics {
  asked(provider: string, status: Asked['status']): void;
  reconciled(report: ReconcileReport): void;
}

const OUTCOMES = [
  'captured',
  'settled',
  'adopted',
  'charged',
  'unchanged',
  'foreign',
  'refused',
  'waiting',
  'failed',
] as const;

/** What the providers' own books were asked, and what came of it. */
export function reconcileMetrics(registers: Registry[]): ReconcileMetrics {
  const asked = new Counter({
    name: 'ringfence_provider_questions_total',
    help: 'Providers asked about one call, by answer.',
    labelNames: ['provider', 'answer'],
    registers,
  });
  const passes = new Counter({
    name: 'ringfence_reconcile_passes_total',
    help: 'Passes over the list of a provider; a list that is not whole is not complete.',
    labelNames: ['provider', 'complete'],
    registers,
  });
  const calls = new Counter({
    name: 'ringfence_reconciled_calls_total',
    help: 'Calls in the lists of providers, by what reconciling did to them.',
    labelNames: ['provider', 'outcome'],
    registers,
  });
  const last = new Gauge({
    name: 'ringfence_reconciled_until_seconds',
    help: 'Until when (Unix time) this process last reconciled the provider wholly.',
    aggregator: 'max',
    labelNames: ['provider'],
    registers,
  });
  return {
    asked: (provider, answer) => asked.inc({ provider, answer }),
    reconciled(report) {
      const { provider, complete } = report;
      passes.inc({ provider, complete: String(complete) });
      for (const outcome of OUTCOMES) calls.inc({ provider, outcome }, report[outcome]);
      if (complete) last.set({ provider }, report.until.getTime() / 1000);
    },
  };
}
