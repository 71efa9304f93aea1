import type { ReconcileReport } from '../../kill-switch/index.ts';
import type { PaymentReport } from '../../payments/index.ts';
import { readConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { createMetrics } from '../metrics.ts';
import { type Core, startCore } from './core.ts';
import { reconcileStripe } from './payments.ts';
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
  return withCore(env, async (core) => {
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
  });
}

/**
 * Compares Stripe's lists with what was credited, at once. Money is credited when it is in the ledger,
 * so a flusher has to run beside it.
 * @throws the same
 */
export async function reconcilePaymentsOnce(
  env: Readonly<Record<string, string | undefined>>,
  since?: Date,
): Promise<PaymentReport> {
  return withCore(env, (core) => reconcileStripe(core, since));
}

async function withCore<T>(
  env: Readonly<Record<string, string | undefined>>,
  work: (core: Core) => Promise<T>,
): Promise<T> {
  const config = readConfig({ RINGFENCE_LOG_LEVEL: 'silent', ...env });
  const core = await startCore(config, createLog(config.RINGFENCE_LOG_LEVEL), createMetrics());
  try {
    await opened(core.engine.opened());
    return await work(core);
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
