/**
 * Where wallets and holds belong. The partition is repeated beside every snapshot and hold, and says where they
 * are looked for: in Redis, by the recovery gate, and by the other checks. One that was altered would
 * hide them there, so all are compared with the root organization that they follow from.
 */
import { partitionOf } from '../../engine/index.ts';
import type { Sql } from '../connect.ts';
import { storedPartitions } from '../inspect.ts';
import { collector, type Difference } from './difference.ts';
import { concerns, type Task } from './input.ts';

const NAMED_MAX = 1_000;

export async function* checkPlaces({ input }: Task): AsyncGenerator<Difference, void> {
  const only = input.walletIds === undefined ? null : [...input.walletIds];
  yield* await roots(input.sql, only);
  yield* await snapshots(input.sql, only);
  for (const difference of await holds(input.sql, only)) {
    if (concerns(input, difference.walletId)) yield difference;
  }
}

/** The root of a wallet is its organization's, and its partition the root's. */
async function roots(sql: Sql, only: string[] | null): Promise<Difference[]> {
  const { found, report } = collector();
  const partitions = await storedPartitions(sql);
  const rows = await sql<
    { walletId: string; rootId: string; ofOrganization: string; partition: number }[]
  >`
    SELECT min(wallet.id) AS "walletId", wallet.root_id AS "rootId", wallet.partition,
           organization.root_id AS "ofOrganization"
    FROM wallets AS wallet JOIN organizations AS organization
      ON organization.id = wallet.organization_id
    WHERE ${only}::text[] IS NULL OR wallet.id = ANY(${only}::text[])
    GROUP BY wallet.root_id, wallet.partition, organization.root_id`;
  for (const { walletId, rootId, ofOrganization, partition } of rows) {
    report(walletId, 'root organization', ofOrganization, rootId);
    // Not stored before the first boot has chosen how many there are.
    if (partitions === undefined) continue;
    report(walletId, 'partition', partitionOf(ofOrganization, partitions), partition);
  }
  return found;
}

async function snapshots(sql: Sql, only: string[] | null): Promise<Difference[]> {
  const { found, report } = collector();
  const rows = await sql<{ walletId: string; expected: number; partition: number }[]>`
    SELECT wallet_id AS "walletId", wallet.partition AS expected, snapshot.partition
    FROM wallet_snapshots AS snapshot JOIN wallets AS wallet ON wallet.id = wallet_id
    WHERE snapshot.partition <> wallet.partition
      AND (${only}::text[] IS NULL OR wallet_id = ANY(${only}::text[]))
    ORDER BY wallet_id LIMIT ${NAMED_MAX}`;
  for (const { walletId, expected, partition } of rows) {
    report(walletId, 'partition of the snapshot', expected, partition);
  }
  return found;
}

/** A hold is where its wallets are: a script takes all of them in one step. */
async function holds(sql: Sql, only: string[] | null): Promise<Difference[]> {
  const { found, report } = collector();
  const rows = await sql<{ id: string; walletId: string; expected: number; partition: number }[]>`
    SELECT hold.id, wallet.id AS "walletId", wallet.partition AS expected, hold.partition
    FROM holds AS hold CROSS JOIN LATERAL unnest(hold.wallet_ids) AS leg (wallet_id)
    JOIN wallets AS wallet ON wallet.id = leg.wallet_id
    WHERE hold.partition <> wallet.partition
      AND (${only}::text[] IS NULL OR hold.wallet_ids && ${only}::text[])
    ORDER BY hold.id LIMIT ${NAMED_MAX}`;
  for (const { id, walletId, expected, partition } of rows) {
    report(walletId, 'partition of a hold', expected, partition, { detail: id });
  }
  return found;
}
