import { type Engine, unpackJournalEntry } from '../../engine/index.ts';

/** Entries of one partition that are looked at; a longer backlog is told as at least so much. */
const ENTRIES_MAX = 500;

export interface MoneyAtRisk {
  /** The sum of |amount| of the rows that only Redis has, in micros, currencies mixed. */
  micros: number;
  /** The same, each amount times the age of its entry in seconds. */
  microsSeconds: number;
  /** False when a partition had more entries than were looked at. */
  complete: boolean;
}

/**
 * What would be lost with Redis at this moment: the entries behind the committed cursor of each
 * partition. In a healthy system that is a few entries, read in two short commands a partition.
 * @throws OutageError when Redis is away
 */
export async function moneyAtRisk(
  { journal, partitions }: Pick<Engine, 'journal' | 'partitions'>,
  nowMs: number,
): Promise<MoneyAtRisk> {
  const risk: MoneyAtRisk = { micros: 0, microsSeconds: 0, complete: true };
  const reads = Array.from({ length: partitions }, async (_, partition) => {
    const committed = await journal.committed(partition);
    return journal.range(partition, `(${committed}`, '+', ENTRIES_MAX);
  });
  for (const items of await Promise.all(reads)) {
    if (items.length === ENTRIES_MAX) risk.complete = false;
    for (const { payload } of items) {
      const { rows, atMs } = unpackJournalEntry(payload);
      const micros = rows.reduce((sum, row) => sum + Math.abs(row.amountMicros), 0);
      risk.micros += micros;
      risk.microsSeconds += (micros * Math.max(0, nowMs - atMs)) / 1000;
    }
  }
  return risk;
}
