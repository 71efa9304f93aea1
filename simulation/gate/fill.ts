/** Wallets by the million: the rows that making them one by one would leave. */
import { newId, packWalletState, partitionOf } from '../../engine/index.ts';
import { initialWalletState, type Sql } from '../../persistence/index.ts';
import { PARTITIONS, type Show } from './options.ts';

export interface FilledWallet {
  readonly id: string;
  readonly partition: number;
  readonly organizationId: string;
}

const AT_ONCE = 20_000;
const CREDIT_LIMIT_MICROS = 1_000_000_000_000;

/** Wallets in turn over all partitions, each of which has an organization of its own. */
export async function fill(sql: Sql, count: number, show: Show): Promise<readonly FilledWallet[]> {
  const owners = Array.from({ length: PARTITIONS }, (_, partition) => organizationOn(partition));
  await sql`
    INSERT INTO organizations (id, root_id, name)
    SELECT id, id, 'Gate' FROM unnest(${owners}::text[]) AS owner (id)`;
  const wallets: FilledWallet[] = [];
  while (wallets.length < count) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - wallets.length) }, (_, i) => {
      const partition = (wallets.length + i) % PARTITIONS;
      return { id: newId('wal'), partition, organizationId: owners[partition] ?? '' };
    });
    await insert(sql, some);
    wallets.push(...some);
    show(wallets.length, count, `${wallets.length} wallets in Postgres`);
  }
  return wallets;
}

/** A tree of organizations lives on one partition, which its root's id says. */
function organizationOn(partition: number): string {
  for (;;) {
    const id = newId('org');
    if (partitionOf(id, PARTITIONS) === partition) return id;
  }
}

async function insert(sql: Sql, wallets: readonly FilledWallet[]): Promise<void> {
  const ids = wallets.map(({ id }) => id);
  const partitions = wallets.map(({ partition }) => partition);
  const owners = wallets.map(({ organizationId }) => organizationId);
  const limits = { creditLimitMicros: CREDIT_LIMIT_MICROS };
  const state = packWalletState(initialWalletState(limits, Date.now()));
  await sql`
    INSERT INTO wallets (id, organization_id, root_id, partition, currency)
    SELECT id, owner, owner, partition, 'usd'
    FROM unnest(${ids}::text[], ${partitions}::int[], ${owners}::text[])
      AS made (id, partition, owner)`;
  await sql`
    INSERT INTO wallet_snapshots (wallet_id, partition, state)
    SELECT id, partition, ${state}
    FROM unnest(${ids}::text[], ${partitions}::int[]) AS made (id, partition)`;
}
