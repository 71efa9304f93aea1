import { Counter, Histogram, type Registry } from 'prom-client';
import type { BatchFigures } from '../../persistence/index.ts';
import { SECONDS } from './buckets.ts';

/** What the flusher tells about one committed batch. */
export type FlushMeasure = Pick<
  BatchFigures,
  'rows' | 'repeats' | 'quarantined' | 'keyConflicts' | 'batchMs' | 'lagMs'
>;

/** What one process' flusher has committed, and how fast. */
export function flushMetrics(registers: Registry[]): (measure: FlushMeasure) => void {
  const total = (name: string, help: string) => new Counter({ name, help, registers });
  const rows = total('ringfence_ledger_rows_total', 'Ledger rows committed by this process.');
  const repeats = total(
    'ringfence_journal_repeats_total',
    'Entries that were in the ledger already.',
  );
  const quarantined = total('ringfence_quarantined_total', 'Entries that were set aside.');
  const conflicts = total('ringfence_key_conflicts_total', 'Natural keys that were used twice.');
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
  };
}
