/** A migrated database with wallets, for tests of the ledger side. */
import { createSecretKey, randomBytes } from 'node:crypto';
import { newId, packWalletState, type WalletState } from '../../engine/index.ts';
import { testDatabase } from '../../testing/services.ts';
import { connect, type Sql } from '../connect.ts';
import { ensureLedgerPartitions } from '../partitions.ts';

export const CHAIN_KEY = createSecretKey(randomBytes(32));

export const NEW_WALLET: WalletState = {
  postedMicros: 0,
  heldMicros: 0,
  creditLimitMicros: 0,
  cutoffThresholdMicros: 0,
  sequence: 0,
  frozen: false,
  quarantined: false,
  liveCalls: 0,
  maxLiveCalls: 0,
  lowBalanceThresholdMicros: 0,
  finalCalls: 0,
  checkLedgerUntilMs: 0,
  updatedAtMs: 0,
};

export interface LedgerWorld {
  url: string;
  sql: Sql;
  organizationId: string;
  /** Makes a wallet at sequence 0, and its partition's cursor. */
  wallet(partition?: number): Promise<string>;
  /** Everything the flusher writes, as text, in a fixed order: two ledgers are equal if this is. */
  ledger(): Promise<unknown>;
  stop(): Promise<void>;
}

export async function ledgerWorld(): Promise<LedgerWorld> {
  const database = await testDatabase();
  const sql = connect(database.url, { max: 8, applicationName: 'test', writer: true });
  await ensureLedgerPartitions(sql, Date.now());
  const organizationId = newId('org');
  await sql`
    INSERT INTO organizations (id, root_id, name)
    VALUES (${organizationId}, ${organizationId}, 'test')`;
  return {
    url: database.url,
    sql,
    organizationId,
    async wallet(partition = 0) {
      const id = newId('wal');
      await sql`INSERT INTO journal_cursors (partition) VALUES (${partition}) ON CONFLICT DO NOTHING`;
      await sql`
        INSERT INTO wallets (id, organization_id, root_id, partition, currency)
        VALUES (${id}, ${organizationId}, ${organizationId}, ${partition}, 'usd')`;
      await sql`
        INSERT INTO wallet_snapshots (wallet_id, partition, state)
        VALUES (${id}, ${partition}, ${packWalletState(NEW_WALLET)})`;
      return id;
    },
    ledger: () => readAll(sql),
    async stop() {
      await sql.end({ timeout: 1 });
      await database.drop();
    },
  };
}

async function readAll(sql: Sql): Promise<unknown> {
  return {
    rows: await sql`SELECT * FROM ledger_entries ORDER BY wallet_id, sequence, id`,
    snapshots: await sql`SELECT * FROM wallet_snapshots ORDER BY wallet_id`,
    holds: await sql`SELECT * FROM holds ORDER BY id`,
    keys: await sql`SELECT * FROM natural_keys ORDER BY scope, kind, key`,
    cursors: await sql`
      SELECT partition, stream_id, epoch FROM journal_cursors ORDER BY partition`,
    quarantine: await sql`
      SELECT partition, stream_id, kind, mutation_id, wallet_ids FROM ledger_quarantine
      ORDER BY partition, stream_id, kind, mutation_id`,
  };
}
