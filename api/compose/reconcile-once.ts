import type { ReconcileReport } from '../../kill-switch/index.ts';
import { readConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { createMetrics } from '../metrics.ts';
import { startCore } from './core.ts';
import { createReconciling } from './reconciling.ts';

export interface ReconcileOnce {
  /** Default: every provider with credentials. */
  readonly provider?: string | undefined;
  /** Look at least so far back; default: from where the last pass ended. */
  readonly since?: Date | undefined;
}

/** How long a Redis that recovers is waited for. */
const OPENED_MS = 60_000;

/**
 * Reconciles at once, whether or not a Ringfence runs beside it, and answers a report for each
 * account. What it writes is flushed to the ledger by the next flusher.
 * @throws ConfigError; an Error that names the store that does not answer, or a provider without
 *   credentials
 */
export async function reconcileOnce(
  env: Readonly<Record<string, string | undefined>>,
  { provider, since }: ReconcileOnce,
): Promise<ReconcileReport[]> {
  const config = readConfig({ RINGFENCE_LOG_LEVEL: 'silent', ...env });
  const core = await startCore(config, createLog(config.RINGFENCE_LOG_LEVEL), createMetrics());
  try {
    await opened(core.engine.opened());
    const { reconciler } = createReconciling(core);
    const accounts = await core.clients.accounts();
    const wanted = accounts.filter(
      ({ client }) => provider === undefined || client.provider === provider,
    );
    if (wanted.length === 0) {
      throw new Error(`there are no credentials for ${provider ?? 'any provider'}`);
    }
    const reports: ReconcileReport[] = [];
    for (const account of wanted) reports.push(await reconciler.run(account, since));
    return reports;
  } finally {
    await core.stop();
  }
}

async function opened(open: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error('Redis is recovering and did not come up in time');
    timer = setTimeout(() => reject(error), OPENED_MS);
  });
  try {
    await Promise.race([open, late]);
  } finally {
    clearTimeout(timer);
  }
}
