import { setTimeout as pause } from 'node:timers/promises';
import {
  ensureLedgerPartitions,
  readLedgerHead,
  strayLedgerRows,
  writeDigest,
} from '../../persistence/index.ts';
import type { Core } from './core.ts';

const EVERY_MS = 600_000;
const DAY_MS = 86_400_000;
/** The last rows of a day are in the ledger long before this much of the next has passed. */
const DAY_IS_OVER_MS = 3_600_000;
/** What is older than the oldest unflushed entry by this much is in the ledger. */
const HEAD_MARGIN_MS = 60_000;

/**
 * What the ledger needs from time to time: monthly partitions made ahead, a look for rows that
 * found none, how many rows the day has so far, and the digest of each past day. The last two are
 * written to the log because they have to be kept outside the database to prove anything.
 */
export function startLedgerUpkeep(core: Core): { stop(): Promise<void> } {
  const { stores, engine, chainKey, log } = core;
  const stopping = new AbortController();
  let digested = '';
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
    const { oldestAgeMs } = engine.status().backlog;
    const head = await readLedgerHead(
      stores.directory,
      new Date(Date.now() - oldestAgeMs - HEAD_MARGIN_MS),
    );
    log.info({ until: head.until.toISOString(), rows: head.rows }, 'ledger head');
    const day = dayToDigest(Date.now(), oldestAgeMs);
    if (day === undefined || day === digested) return;
    const { wallets, hash } = await writeDigest(stores.directory, chainKey, day);
    log.info({ day, wallets, digest: hash.toString('hex') }, 'ledger digest');
    digested = day;
  }
}

/** Yesterday (UTC), unless it is not surely over in the ledger. */
export function dayToDigest(nowMs: number, backlogAgeMs: number): string | undefined {
  const intoDayMs = nowMs % DAY_MS;
  if (intoDayMs < DAY_IS_OVER_MS || backlogAgeMs >= intoDayMs) return undefined;
  return new Date(nowMs - DAY_MS).toISOString().slice(0, 10);
}
