/** Wallets by the hundred thousand: rows in Postgres, values in Redis, as a load would leave them. */
import { keys, newId, packWalletState } from '../../engine/index.ts';
import { initialWalletState } from '../../persistence/index.ts';
import { CREDIT_LIMIT_MICROS } from '../workload.ts';
import type { Stage } from './stage.ts';

export interface BenchWallet {
  readonly id: string;
  readonly partition: number;
}

export interface Purse {
  readonly organizationId: string;
  /** Wallets in turn over all partitions. */
  readonly wallets: readonly BenchWallet[];
  /** The n-th operation's wallet. */
  many(n: number): BenchWallet;
  /** Always the same one. */
  hot(n: number): BenchWallet;
}

const AT_ONCE = 1_000;

const STATE = packWalletState(
  initialWalletState({ creditLimitMicros: CREDIT_LIMIT_MICROS }, 1_700_000_000_000),
);

/** @param inLedger false leaves Postgres out: enough where nothing is flushed */
export async function makeWallets(stage: Stage, count: number, inLedger = true): Promise<Purse> {
  const organizationId = newId('org');
  const wallets = Array.from({ length: count }, (_, n) => ({
    id: newId('wal'),
    partition: n % stage.partitions,
  }));
  if (inLedger) await insert(stage, organizationId, wallets);
  for (let from = 0; from < count; from += AT_ONCE) {
    const pipeline = stage.redis.pipeline();
    for (const { id, partition } of wallets.slice(from, from + AT_ONCE)) {
      pipeline.set(keys.wallet(partition, id), STATE);
    }
    await pipeline.exec();
  }
  const at = (n: number): BenchWallet => {
    const wallet = wallets[n % count];
    if (wallet === undefined) throw new Error('a purse without wallets');
    return wallet;
  };
  return { organizationId, wallets, many: at, hot: () => at(0) };
}

async function insert(
  { sql }: Stage,
  organizationId: string,
  wallets: readonly BenchWallet[],
): Promise<void> {
  const ids = wallets.map(({ id }) => id);
  const partitions = wallets.map(({ partition }) => partition);
  await sql`
    INSERT INTO organizations (id, root_id, name)
    VALUES (${organizationId}, ${organizationId}, 'Benchmark')`;
  await sql`
    INSERT INTO wallets (id, organization_id, root_id, partition, currency)
    SELECT id, ${organizationId}, ${organizationId}, partition, 'usd'
    FROM unnest(${ids}::text[], ${partitions}::int[]) AS made (id, partition)`;
  await sql`
    INSERT INTO wallet_snapshots (wallet_id, partition, state)
    SELECT id, partition, ${STATE}
    FROM unnest(${ids}::text[], ${partitions}::int[]) AS made (id, partition)`;
}
