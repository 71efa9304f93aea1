import { setTimeout as pause } from 'node:timers/promises';
import type { Log, ProviderClients, ReconcileMarks } from '../../kill-switch/index.ts';

/** Asks for passes of the reconciler; whichever process runs one does them. */
export interface ReconcileRequests {
  /** An event of this provider was too large to be read: its call is in the provider's list. */
  overLimit(provider: string): void;
  /** Redis was compared with the ledger: what it had lost goes on at the providers. */
  recovered(): void;
}

export interface ReconcileRequestsOptions {
  readonly marks: Pick<ReconcileMarks, 'request'>;
  readonly clients: Pick<ProviderClients, 'accounts'>;
  readonly log: Log;
  readonly nowMs: () => number;
}

/** Anybody can send something large, so a request in so many ms is enough. */
const OVER_LIMIT_EVERY_MS = 10_000;
/**
 * What a Redis can lose is seconds old, but nobody knows for how long it was away, and while it was
 * no mark moved either.
 */
const ADOPTION_LOOKBACK_MS = 3_600_000;
/** First every process presents its calls again: a hold opened by its own request is the better. */
const ADOPTION_DELAY_MS = 2_000;
const TRIES_MAX = 5;
const TRY_AGAIN_MS = 2_000;

export function createReconcileRequests(options: ReconcileRequestsOptions): ReconcileRequests {
  const { marks, clients, log, nowMs } = options;
  const asked = new Map<string, number>();

  /** Never rejects. A request that stays unheard is made up for by the next pass that is due. */
  async function request(provider: string | undefined, since?: Date, delayMs = 0): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        for (const { client, organizationId } of await clients.accounts()) {
          if (provider !== undefined && client.provider !== provider) continue;
          await marks.request({ provider: client.provider, organizationId }, since, delayMs);
        }
        return;
      } catch (error) {
        log.warn({ err: error, provider }, 'a reconciliation could not be asked for');
        if (tries === TRIES_MAX) return;
        await pause(TRY_AGAIN_MS, undefined, { ref: false });
      }
    }
  }

  return {
    overLimit(provider) {
      log.error({ provider }, 'a webhook was too large to be read; its provider is reconciled');
      const lastMs = asked.get(provider);
      if (lastMs !== undefined && nowMs() - lastMs < OVER_LIMIT_EVERY_MS) return;
      asked.set(provider, nowMs());
      void request(provider);
    },
    recovered() {
      void request(undefined, new Date(nowMs() - ADOPTION_LOOKBACK_MS), ADOPTION_DELAY_MS);
    },
  };
}
