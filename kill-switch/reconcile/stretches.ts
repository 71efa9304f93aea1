/**
 * Everything since the mark, in stretches that each count by themselves, so that a mark that stood
 * still for days is caught up even if the provider fails on the way.
 *
 *   mark - overlap ----- stretch ----- stretch ----- now
 */
import type { ReconcileMarks, ReconcileOrder } from '../doors.ts';
import type { ProviderAccount } from '../providers/clients.ts';
import { reconcilePass } from './pass.ts';
import type { ReconcileContext } from './reconcile-record.ts';
import { emptyCounts, type ReconcileCounts, type ReconcileReport } from './report.ts';

/** Records that were late in the provider's own books, and clocks that differ. */
const OVERLAP_MS = 600_000;
const STRETCH_MS = 6 * 3_600_000;
/** Calls that cannot be reconciled hold the mark back for so long, to be tried with every pass. */
const FAILED_KEPT_MS = 6 * 3_600_000;

export interface StretchesContext extends ReconcileContext {
  readonly marks: ReconcileMarks;
  readonly nowMs: () => number;
  /** True when the process is to end: the stretch under way is the last. */
  readonly stopping: () => boolean;
}

export function accountName({ client, organizationId }: ProviderAccount) {
  return { provider: client.provider, organizationId };
}

/** Ends at the first stretch that is not complete; the report adds them up. */
export async function reconcileStretches(
  context: StretchesContext,
  account: ProviderAccount,
  { reconciledUntil, wantedSince }: Pick<ReconcileOrder, 'reconciledUntil' | 'wantedSince'>,
): Promise<ReconcileReport> {
  const nowMs = context.nowMs();
  const overlapped = (reconciledUntil?.getTime() ?? nowMs) - OVERLAP_MS;
  const sinceMs = Math.min(overlapped, wantedSince?.getTime() ?? overlapped);
  const total: ReconcileReport = {
    ...accountName(account),
    since: new Date(sinceMs),
    until: new Date(nowMs),
    complete: true,
    why: undefined,
    ...emptyCounts(),
  };
  for (let fromMs = sinceMs; fromMs < nowMs; fromMs += STRETCH_MS) {
    if (context.stopping()) return { ...total, complete: false, why: 'the process is stopping' };
    const to = new Date(Math.min(fromMs + STRETCH_MS, nowMs));
    const part = await reconcilePass(context, account, new Date(fromMs), to);
    for (const name of COUNTS) total[name] += part[name];
    if (!part.complete) return { ...total, complete: false, why: part.why };
    await advance(context, account, part, total.failed);
  }
  return total;
}

const COUNTS = Object.keys(emptyCounts()) as (keyof ReconcileCounts)[];

async function advance(
  { marks, nowMs }: StretchesContext,
  account: ProviderAccount,
  { since, until }: ReconcileReport,
  failed: number,
): Promise<void> {
  const keptMs = nowMs() - FAILED_KEPT_MS;
  const toMs = failed === 0 ? until.getTime() : Math.min(until.getTime(), keptMs);
  if (toMs > since.getTime()) await marks.advance(accountName(account), since, new Date(toMs));
}
