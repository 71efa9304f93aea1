/** The wallets that the recovery gate compares Redis with, as the ledger has them. */
import type { LedgerWallet, WalletState } from '../engine/index.ts';
import type { Sql } from './connect.ts';
import { walletState } from './ledger-source.ts';
import { orOutage } from './postgres-errors.ts';

interface SnapshotRow {
  walletId: string;
  sequence: number;
  packed: Buffer;
  quarantined: boolean;
}

/** Most wallets are in step, and their state is never looked at: it is unpacked on access. */
class SnapshotWallet implements LedgerWallet {
  readonly walletId: string;
  readonly sequence: number;
  readonly packed: Buffer;
  readonly quarantined: boolean;

  constructor({ walletId, sequence, packed, quarantined }: SnapshotRow) {
    this.walletId = walletId;
    this.sequence = sequence;
    this.packed = packed;
    this.quarantined = quarantined;
  }

  get state(): WalletState {
    return walletState({ state: this.packed, quarantined: this.quarantined });
  }
}

interface Explained {
  'QUERY PLAN': readonly { Plan: { 'Plan Rows': number } }[];
}

/** As the planner sees it: from the size of the table, without reading it. */
export async function estimateWallets(sql: Sql, partitions: readonly number[]): Promise<number> {
  const [row] = await orOutage(sql<Explained[]>`
    EXPLAIN (FORMAT JSON)
    SELECT 1 FROM wallet_snapshots WHERE partition = ANY(${[...partitions]}::int[])`);
  return row?.['QUERY PLAN'][0]?.Plan['Plan Rows'] ?? 0;
}

export async function* walletPages(
  sql: Sql,
  partition: number,
  pageSize: number,
): AsyncGenerator<LedgerWallet[]> {
  let after = '';
  for (;;) {
    const rows = await orOutage(sql<SnapshotRow[]>`
      SELECT wallet_id AS "walletId", sequence, state AS packed, quarantined
      FROM wallet_snapshots
      WHERE partition = ${partition} AND wallet_id > ${after}
      ORDER BY wallet_id LIMIT ${pageSize}`);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => new SnapshotWallet(row));
    if (rows.length < pageSize) return;
    after = last.walletId;
  }
}

export async function walletsOf(
  sql: Sql,
  partition: number,
  ids: readonly string[],
): Promise<LedgerWallet[]> {
  const rows = await orOutage(sql<SnapshotRow[]>`
    SELECT wallet_id AS "walletId", sequence, state AS packed, quarantined
    FROM wallet_snapshots
    WHERE wallet_id = ANY(${[...ids]}::text[]) AND partition = ${partition}`);
  return rows.map((row) => new SnapshotWallet(row));
}
