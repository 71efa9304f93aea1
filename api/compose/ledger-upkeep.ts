import { setTimeout as pause } from 'node:timers/promises';
import { ensureLedgerPartitions, strayLedgerRows } from '../../persistence/index.ts';
import type { Core } from './core.ts';

const EVERY_MS = 3_600_000;

/** Makes the ledger's monthly partitions ahead of time, and tells of rows that found none. */
export function startLedgerUpkeep({ stores, log }: Core): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const running = loop();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      await round().catch((error: unknown) => log.warn({ err: error }, 'ledger upkeep failed'));
      await pause(EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  async function round(): Promise<void> {
    await ensureLedgerPartitions(stores.directory, Date.now());
    const rows = await strayLedgerRows(stores.directory);
    if (rows > 0) log.error({ rows }, 'ledger rows lie in the default partition');
  }
}
