/** Wallets by the million: the rows that making them one by one would leave. */
import { newId, packWalletState } from '../../engine/index.ts';
import { initialWalletState, type Sql } from '../../persistence/index.ts';
import { PARTITIONS, type Show } from './options.ts';

export interface FilledWallet {
  readonly id: string;
  readonly partition: number;
}

const AT_ONCE = 20_000;
const CREDIT_LIMIT_MICROS = 1_000_000_000_000;

/** Wallets in turn over all partitions. @returns them and whose they are */
export async function fill(
  sql: Sql,
  count: number,
  show: Show,
): Promise<{ organizationId: string; wallets: readonly FilledWallet[] }> {
  const organizationId = newId('org');
  await sql`
    INSERT INTO organizations (id, root_id, name)
    VALUES (${organizationId}, ${organizationId}, 'Gate')`;
  const wallets: FilledWallet[] = [];
  while (wallets.length < count) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - wallets.length) }, (_, i) => ({
      id: newId('wal'),
      partition: (wallets.length + i) % PARTITIONS,
    }));
    await insert(sql, organizationId, some);
    wallets.push(...some);
    show(wallets.length, count, `${wallets.length} wallets in Postgres`);
  }
  return { organizationId, wallets };
}

async function insert(
  sql: Sql,
  organizationId: string,
  wallets: readonly FilledWallet[],
): Promise<void> {
  const ids = wallets.map(({ id }) => id);
  const partitions = wallets.map(({ partition }) => partition);
  const limits = { creditLimitMicros: CREDIT_LIMIT_MICROS };
  const state = packWalletState(initialWalletState(limits, Date.now()));
  await sql`
    INSERT INTO wallets (id, organization_id, root_id, partition, currency)
    SELECT id, ${organizationId}, ${organizationId}, partition, 'usd'
    FROM unnest(${ids}::text[], ${partitions}::int[]) AS made (id, partition)`;
  await sql`
    INSERT INTO wallet_snapshots (wallet_id, partition, state)
    SELECT id, partition, ${state}
    FROM unnest(${ids}::text[], ${partitions}::int[]) AS made (id, partition)`;
}
