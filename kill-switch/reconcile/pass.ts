/** One pass over a stretch of a provider's list: every record applied, or the pass does not count. */
import { OutageError } from '../../engine/index.ts';
import { ProviderOutage, type ProviderRecord } from '../providers/client.ts';
import type { ProviderAccount } from '../providers/clients.ts';
import { type ReconcileContext, reconcileRecord } from './reconcile-record.ts';
import { emptyCounts, type ReconcileReport } from './report.ts';

/** Records applied at a time; the list is read no faster than that. */
const CONCURRENCY_MAX = 16;

/**
 * Never throws for an outage, of the provider or of ours: the report says that it is not complete.
 * A failed or partial list is never taken for "no calls".
 */
export async function reconcilePass(
  context: ReconcileContext,
  account: ProviderAccount,
  since: Date,
  until: Date,
): Promise<ReconcileReport> {
  const report: ReconcileReport = {
    provider: account.client.provider,
    organizationId: account.organizationId,
    since,
    until,
    complete: false,
    why: undefined,
    ...emptyCounts(),
  };
  const failures: unknown[] = [];
  const running = new Set<Promise<void>>();
  const one = async (record: ProviderRecord) => {
    try {
      report[await reconcileRecord(context, account, record)] += 1;
    } catch (error) {
      failures.push(error);
    }
  };
  try {
    for await (const record of account.client.list(since, until)) {
      report.listed += 1;
      const work = one(record).finally(() => running.delete(work));
      running.add(work);
      if (running.size >= CONCURRENCY_MAX) await Promise.race(running);
      if (failures.length > 0) break;
    }
  } catch (error) {
    failures.unshift(error);
  }
  await Promise.all(running);
  const [failure] = failures;
  if (failure === undefined) return { ...report, complete: true };
  const isOurs = context.isOutage(failure) || failure instanceof OutageError;
  if (!isOurs && !(failure instanceof ProviderOutage)) throw failure;
  return { ...report, why: failure instanceof Error ? failure.message : 'unknown' };
}
