/** Whether somebody does the work of every partition: flushers by their leases, enforcers by what is due. */
import { setTimeout as pause } from 'node:timers/promises';
import type { JournalView } from '../../engine/index.ts';
import { type Sql, unleasedPartitions } from '../../persistence/index.ts';
import { error, type Finding, ok, warning } from './finding.ts';

const LATE_WARN_MS = 5_000;
const LATE_ERROR_MS = 60_000;
const LEASES_ASKED_MAX = 6;
const LEASES_PAUSE_MS = 500;

/** A lease changes hands in a moment: only one that stays free is told. */
export async function leases(sql: Sql, flushers: number): Promise<Finding[]> {
  if (flushers === 0) {
    const found = 'no flusher runs: nothing goes from the journals into the ledger';
    return [warning('flushers', found, 'start a Ringfence with the flusher role')];
  }
  let free: number[] = [];
  for (let asked = 1; asked <= LEASES_ASKED_MAX; asked += 1) {
    free = await unleasedPartitions(sql);
    if (free.length === 0) return [ok('flushers', `${flushers} run and hold every partition`)];
    await pause(LEASES_PAUSE_MS);
  }
  const found = `${flushers} run, and nobody holds partitions ${shortened(free)}: their journals grow`;
  return [error('flushers', found, 'look for "the flusher waits" in the log of each flusher')];
}

const NAMED_MAX = 10;

function shortened(partitions: readonly number[]): string {
  const named = partitions.slice(0, NAMED_MAX).join(', ');
  return partitions.length > NAMED_MAX
    ? `${named} and ${partitions.length - NAMED_MAX} more`
    : named;
}

/** What is due and has waited: nobody extends, cuts off or expires it. */
export function enforcement(journals: readonly JournalView[]): Finding[] {
  const lateMs = Math.max(0, ...journals.map((journal) => journal.dueLateMs));
  if (lateMs < LATE_WARN_MS) return [ok('enforcers', 'nothing that is due waits')];
  const waiting = journals.filter((journal) => journal.dueLateMs >= LATE_WARN_MS).length;
  const found = `calls are due for ${lateMs} ms in ${waiting} partitions: nobody extends or ends them`;
  const mend =
    'start a Ringfence with the enforcer role; if one runs, look at its log and its load';
  return [(lateMs < LATE_ERROR_MS ? warning : error)('enforcers', found, mend)];
}
