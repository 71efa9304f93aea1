/**
 * Who there is in a seeded world: agencies with their clients, each tree in a partition of its own, and
 * their wallets. All ids are made from the seed, so that they sort and share out alike in every run.
 */
import { derivedId, packWalletState, partitionOf } from '../../engine/index.ts';
import { NEW_WALLET } from '../../engine/model/index.ts';
import type { Sql } from '../../persistence/index.ts';

export const PARTITIONS = 2;
const CLIENTS = 2;
const TRIES_MAX = 1_000;

export interface Tenant {
  readonly organizationId: string;
  readonly rootId: string;
  readonly parentId: string | null;
  readonly partition: number;
  readonly walletId: string;
}

export interface Stage {
  readonly tenants: readonly Tenant[];
  /** By wallet id. */
  readonly owners: ReadonlyMap<string, Tenant>;
  walletsOf(partition: number): readonly string[];
}

export function castOf(seed: number): Stage {
  const tenants = Array.from({ length: PARTITIONS }, (_, partition) =>
    tree(seed, partition),
  ).flat();
  return {
    tenants,
    owners: new Map(tenants.map((tenant) => [tenant.walletId, tenant])),
    walletsOf: (partition) =>
      tenants.filter((tenant) => tenant.partition === partition).map(({ walletId }) => walletId),
  };
}

/** An agency whose id lies in the partition, and its clients. */
function tree(seed: number, partition: number): Tenant[] {
  const rootId = rootIn(seed, partition);
  const tenant = (organizationId: string, parentId: string | null): Tenant => ({
    organizationId,
    rootId,
    parentId,
    partition,
    walletId: derivedId('wal', `${seed}`, organizationId),
  });
  const clients = Array.from({ length: CLIENTS }, (_, n) =>
    tenant(derivedId('org', `${seed}`, rootId, `${n}`), rootId),
  );
  return [tenant(rootId, null), ...clients];
}

function rootIn(seed: number, partition: number): string {
  for (let n = 0; n < TRIES_MAX; n++) {
    const id = derivedId('org', `${seed}`, `${partition}`, `${n}`);
    if (partitionOf(id, PARTITIONS) === partition) return id;
  }
  throw new Error(`no organization of ${TRIES_MAX} lies in partition ${partition}`);
}

/** Empties the database of an earlier world, and makes this one's organizations and wallets. */
export async function enter(sql: Sql, stage: Stage): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`
      TRUNCATE organizations, wallets, wallet_snapshots, ledger_entries, natural_keys,
        journal_cursors, partition_leases, flusher_members, ledger_quarantine, holds, transfers
      CASCADE`;
    for (const { organizationId, rootId, parentId, partition, walletId } of stage.tenants) {
      await tx`
        INSERT INTO organizations (id, parent_id, root_id, name)
        VALUES (${organizationId}, ${parentId}, ${rootId}, ${organizationId})`;
      await tx`
        INSERT INTO wallets (id, organization_id, root_id, partition, currency)
        VALUES (${walletId}, ${organizationId}, ${rootId}, ${partition}, 'usd')`;
      await tx`
        INSERT INTO wallet_snapshots (wallet_id, partition, state)
        VALUES (${walletId}, ${partition}, ${packWalletState(NEW_WALLET)})`;
    }
  });
}
