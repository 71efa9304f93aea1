import { Gauge, type Registry } from 'prom-client';
import type { Engine } from '../../engine/index.ts';
import { type MoneyAtRisk, moneyAtRisk } from './money-at-risk.ts';

/** What the engine is like at the moment of a scrape. */
export function addEngineGauges(
  engine: Pick<Engine, 'status' | 'journal' | 'partitions'>,
  registers: Registry[],
): void {
  const gauge = (
    name: string,
    help: string,
    read: () => number,
    aggregator: 'max' | 'min' = 'max',
  ) =>
    new Gauge({
      name,
      help,
      aggregator,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge(
    'ringfence_gate_open',
    '1 while the recovery gate is open.',
    () => (engine.status().gate === 'open' ? 1 : 0),
    'min',
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
  gauge(
    'ringfence_clock_proven',
    '0 while nobody can say what the time is: nothing comes due.',
    () => (engine.status().clock.proven ? 1 : 0),
  );
  gauge(
    'ringfence_clock_shift_seconds',
    "What is added to Redis' clock since it jumped; 0 when it never did.",
    () => engine.status().clock.shiftMs / 1000,
  );
  addRiskGauges(engine, registers);
}

/**
 * Every process reads the same journals, so the figures of several are compared, not added.
 * While Redis cannot be asked the last figures stand: they are what was at risk when it went away.
 */
function addRiskGauges(
  engine: Pick<Engine, 'journal' | 'partitions'>,
  registers: Registry[],
): void {
  let reading: Promise<MoneyAtRisk | undefined> | undefined;
  // One reading for all gauges of a scrape: the page asks them at the same moment.
  const read = () => {
    reading ??= moneyAtRisk(engine, Date.now())
      .catch(() => undefined)
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const gauge = (
    name: string,
    help: string,
    figure: (risk: MoneyAtRisk) => number,
    aggregator: 'max' | 'min' = 'max',
  ) =>
    new Gauge({
      name,
      help,
      aggregator,
      registers,
      async collect() {
        const risk = await read();
        if (risk !== undefined) this.set(figure(risk));
      },
    });
  gauge(
    'ringfence_unflushed_micros',
    'Money that moved and is not in the ledger yet: the sum of |amount|, all currencies.',
    (risk) => risk.micros,
  );
  gauge(
    'ringfence_money_at_risk_micros_seconds',
    'The same, each amount times its age: how much only Redis knows, and for how long.',
    (risk) => risk.microsSeconds,
  );
  gauge(
    'ringfence_money_at_risk_complete',
    '0 when the backlog was too long to be read whole: the two figures are then its least.',
    (risk) => (risk.complete ? 1 : 0),
    'min',
  );
}
