import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Engine } from '../engine/index.ts';
import type { BatchFigures } from '../persistence/index.ts';
import type { CountRequest } from './http/observe.ts';

/** What the flusher tells about one committed batch. */
export type FlushMeasure = Pick<
  BatchFigures,
  'rows' | 'repeats' | 'quarantined' | 'keyConflicts' | 'batchMs' | 'lagMs' | 'amountMicros'
>;

export interface Metrics {
  countRequest: CountRequest;
  flushed(measure: FlushMeasure): void;
  /** The Prometheus text page. */
  page(): Promise<string>;
  contentType: string;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Metrics of one process, each named `ringfence_*`. Labels are few: routes, methods, statuses. */
export function createMetrics(engine: Pick<Engine, 'status'>): Metrics {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  collectDefaultMetrics({ register: registry, prefix: 'ringfence_' });
  const requests = new Histogram({
    name: 'ringfence_http_request_seconds',
    help: 'Time to answer, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  });
  addEngineGauges(engine, registers);
  return {
    countRequest: (method, route, status, elapsedMs) =>
      requests.observe({ method, route, status }, elapsedMs / 1000),
    flushed: flushMetrics(registers),
    page: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function flushMetrics(registers: Registry[]): (measure: FlushMeasure) => void {
  const total = (name: string, help: string) => new Counter({ name, help, registers });
  const rows = total('ringfence_ledger_rows_total', 'Ledger rows committed by this process.');
  const repeats = total(
    'ringfence_journal_repeats_total',
    'Entries that were in the ledger already.',
  );
  const quarantined = total('ringfence_quarantined_total', 'Entries that were set aside.');
  const conflicts = total('ringfence_key_conflicts_total', 'Natural keys that were used twice.');
  const atRisk = new Gauge({
    name: 'ringfence_money_at_risk_micros_seconds',
    help: 'Of the last batch: the amount that only Redis knew, times how long.',
    registers,
  });
  const lag = new Histogram({
    name: 'ringfence_flush_lag_seconds',
    help: 'Age of the oldest entry of a batch when it committed.',
    buckets: SECONDS,
    registers,
  });
  const batch = new Histogram({
    name: 'ringfence_flush_batch_seconds',
    help: 'Time of one flush transaction.',
    buckets: SECONDS,
    registers,
  });
  return (measure) => {
    rows.inc(measure.rows);
    repeats.inc(measure.repeats);
    quarantined.inc(measure.quarantined);
    conflicts.inc(measure.keyConflicts);
    lag.observe(measure.lagMs / 1000);
    batch.observe(measure.batchMs / 1000);
    atRisk.set((measure.amountMicros * measure.lagMs) / 1000);
  };
}

function addEngineGauges(engine: Pick<Engine, 'status'>, registers: Registry[]): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge('ringfence_gate_open', '1 while the recovery gate is open.', () =>
    engine.status().gate === 'open' ? 1 : 0,
  );
  gauge(
    'ringfence_journal_entries',
    'Entries in all journals.',
    () => engine.status().backlog.entries,
  );
  gauge(
    'ringfence_backlog_age_seconds',
    'Age of the oldest entry that is not in the ledger.',
    () => engine.status().backlog.oldestAgeMs / 1000,
  );
  gauge(
    'ringfence_redis_memory_share',
    'Used memory of Redis as a share of maxmemory.',
    () => engine.status().backlog.memoryShare,
  );
}
