import type { KeyObject } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import {
  daysToDigest,
  ensureLedgerPartitions,
  readLedgerHead,
  type Sql,
  strayLedgerRows,
  writeDigest,
} from '../../persistence/index.ts';

export interface LedgerUpkeep {
  sql: Sql;
  chainKey: KeyObject;
  log: Logger;
  /** Age of the oldest entry that is not in the ledger yet, in ms. */
  backlogAgeMs: () => number;
  nowMs: () => number;
}

const EVERY_MS = 600_000;
const DAY_MS = 86_400_000;
/** The last rows of a day are in the ledger long before this much of the next has passed. */
const DAY_IS_OVER_MS = 3_600_000;
/** What is older than the oldest unflushed entry by this much is in the ledger. */
const HEAD_MARGIN_MS = 60_000;
/** Days made up for in one round. */
const DIGESTS_MAX = 31;

/**
 * What the ledger needs from time to time: monthly partitions made ahead, a look for rows that
 * found none, how many rows the day has so far, and the digest of each past day. The last two are
 * written to the log because they have to be kept outside the database to prove anything: at any
 * level but `silent`.
 */
export function startLedgerUpkeep(upkeep: LedgerUpkeep): { stop(): Promise<void> } {
  const { sql, chainKey, log, backlogAgeMs, nowMs } = upkeep;
  const evidence = log.level === 'silent' ? log : log.child({}, { level: 'info' });
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
    await ensureLedgerPartitions(sql, nowMs());
    const rows = await strayLedgerRows(sql);
    if (rows > 0) log.error({ rows }, 'ledger rows lie in the default partition');
    const oldestAgeMs = backlogAgeMs();
    const head = await readLedgerHead(sql, new Date(nowMs() - oldestAgeMs - HEAD_MARGIN_MS));
    evidence.info({ until: head.until.toISOString(), rows: head.rows }, 'ledger head');
    const last = dayToDigest(nowMs(), oldestAgeMs);
    if (last === undefined || last === digested) return;
    for (const day of await daysToDigest(sql, last, DIGESTS_MAX)) {
      const { wallets, hash } = await writeDigest(sql, chainKey, day);
      evidence.info({ day, wallets, digest: hash.toString('hex') }, 'ledger digest');
      digested = day;
    }
  }
}

/** Yesterday (UTC), unless it is not surely over in the ledger. */
export function dayToDigest(nowMs: number, backlogAgeMs: number): string | undefined {
  const intoDayMs = nowMs % DAY_MS;
  if (intoDayMs < DAY_IS_OVER_MS || backlogAgeMs >= intoDayMs) return undefined;
  return new Date(nowMs - DAY_MS).toISOString().slice(0, 10);
}
