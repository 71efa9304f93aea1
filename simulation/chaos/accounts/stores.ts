/** Looks at both stores directly, past Ringfence: nothing in Redis behind Postgres, 0 differences. */
import { createSecretKey } from 'node:crypto';
import { createInspector } from '../../../engine/index.ts';
import { connect, type Sql, verify } from '../../../persistence/index.ts';
import { LEDGER_KEY } from '../../acceptance/ringfence.ts';

export interface StoreUrls {
  readonly redis: string;
  readonly postgres: string;
}

const FAULTS_MAX = 20;

/** Works on the ledger with a connection that a dying Postgres cannot have broken. */
export async function onLedger<T>(urls: StoreUrls, work: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = connect(urls.postgres, { max: 2, applicationName: 'chaos' });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/**
 * I11, under load: Postgres is read first, so that a wallet that moves meanwhile is ahead in Redis.
 * A wallet that Redis does not hold is loaded on demand.
 */
export async function behindFaults(urls: StoreUrls): Promise<string[]> {
  const ledger = await onLedger(
    urls,
    (sql) => sql<{ id: string; partition: number; sequence: number }[]>`
      SELECT wallet_id AS id, partition, sequence FROM wallet_snapshots ORDER BY partition`,
  );
  const redis = await createInspector(urls.redis);
  try {
    const faults: string[] = [];
    for (const partition of new Set(ledger.map((row) => row.partition))) {
      const rows = ledger.filter((row) => row.partition === partition);
      const wallets = await redis.peekWallets(
        partition,
        rows.map(({ id }) => id),
      );
      for (const { id, sequence } of rows) {
        const found = wallets.get(id)?.sequence ?? sequence;
        if (found < sequence) faults.push(`${id}: ${found} in Redis, ${sequence} in Postgres`);
      }
    }
    return faults;
  } finally {
    redis.stop();
  }
}

/** What `ringfence verify` would print, as faults. */
export async function verifyFaults(urls: StoreUrls): Promise<string[]> {
  const redis = await createInspector(urls.redis);
  try {
    return await onLedger(urls, async (sql) => {
      const chainKey = createSecretKey(Buffer.from(LEDGER_KEY, 'utf8'));
      const faults: string[] = [];
      for await (const { walletId, what, expected, found } of verify({ sql, chainKey, redis })) {
        faults.push(`verify: ${walletId}: ${what}: expected ${expected}, found ${found}`);
        if (faults.length === FAULTS_MAX) break;
      }
      return faults;
    });
  } finally {
    redis.stop();
  }
}
