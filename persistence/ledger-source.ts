/** What the running engine asks the ledger: wallets and holds to load, keys, entries to refund. */
import {
  type CommittedEntry,
  type CommittedRequest,
  type LedgerSource,
  unpackHoldState,
  unpackWalletState,
  type WalletState,
} from '../engine/index.ts';
import type { Sql } from './connect.ts';
import { batchLookups } from './lookups.ts';
import { orOutage } from './postgres-errors.ts';
import { storable } from './storable.ts';

interface NaturalKeyId {
  kind: string;
  scope: string;
  key: string;
}

/**
 * Reads behind the committed cursor. `sql` must be the primary: a replica may not have what a
 * cursor already counts as committed.
 * @throws OutageError `postgres_unreachable` from every method while Postgres is away
 */
export function createLedgerSource(sql: Sql): LedgerSource {
  const requests = batchLookups((keys: readonly NaturalKeyId[]) => findRequests(sql, keys));
  const entries = batchLookups((ids: readonly string[]) => findEntries(sql, ids));
  const holds = batchLookups((ids: readonly string[]) => findHolds(sql, ids));
  const wallets = batchLookups((ids: readonly string[]) => findWallets(sql, ids));
  return {
    async wallets(ids) {
      const rows = await Promise.all(ids.map(wallets));
      return new Map(rows.flatMap((row) => (row ? [[row.id, walletState(row)]] : [])));
    },
    async hold(holdId) {
      const snapshot = await holds(holdId);
      return snapshot && unpackHoldState(snapshot);
    },
    request: (kind, scope, key) => requests({ kind, scope, key }),
    entry: (entryId) => entries(entryId),
  };
}

/** Whether a wallet is in quarantine its snapshot says: the state in it is that of its last entry. */
export function walletState(row: { state: Buffer; quarantined: boolean }): WalletState {
  return { ...unpackWalletState(row.state), quarantined: row.quarantined };
}

interface WalletRow {
  id: string;
  state: Buffer;
  quarantined: boolean;
}

async function findWallets(
  sql: Sql,
  ids: readonly string[],
): Promise<readonly (WalletRow | undefined)[]> {
  const rows = await orOutage(sql<WalletRow[]>`
    SELECT wallet_id AS id, state, quarantined FROM wallet_snapshots
    WHERE wallet_id = ANY(${[...ids]}::text[])`);
  const found = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => found.get(id));
}

async function findHolds(
  sql: Sql,
  ids: readonly string[],
): Promise<readonly (Buffer | undefined)[]> {
  const rows = await orOutage(sql<{ id: string; snapshot: Buffer }[]>`
    SELECT id, snapshot FROM holds WHERE id = ANY(${[...ids]}::text[])`);
  const found = new Map(rows.map((row) => [row.id, row.snapshot]));
  return ids.map((id) => found.get(id));
}

async function findRequests(
  sql: Sql,
  keys: readonly NaturalKeyId[],
): Promise<readonly (CommittedRequest | undefined)[]> {
  const rows = await orOutage(sql<(CommittedRequest & { position: number })[]>`
    SELECT asked.position, stored.fingerprint, stored.payload
    FROM unnest(
      ${keys.map((key) => storable(key.scope))}::text[], ${keys.map((key) => key.kind)}::text[],
      ${keys.map((key) => storable(key.key))}::text[]
    ) WITH ORDINALITY AS asked (scope, kind, key, position)
    JOIN natural_keys AS stored USING (scope, kind, key)`);
  const found = new Map(rows.map(({ position, ...request }) => [position, request]));
  return keys.map((_, index) => found.get(index + 1));
}

async function findEntries(
  sql: Sql,
  ids: readonly string[],
): Promise<readonly (CommittedEntry | undefined)[]> {
  const rows = await orOutage(sql<(CommittedEntry & { id: string })[]>`
    SELECT entry.id, entry.wallet_id AS "walletId", entry.kind,
           entry.amount_micros AS "amountMicros",
           CASE WHEN entry.kind = 'capture' THEN entry.hold_id ELSE '' END AS "holdId",
           coalesce((
             SELECT sum(refund.amount_micros) FROM ledger_entries AS refund
             WHERE refund.refunds = entry.id AND refund.kind = 'refund'
           ), 0)::bigint AS "refundedMicros"
    FROM ledger_entries AS entry WHERE entry.id = ANY(${[...new Set(ids)]}::text[])`);
  const found = new Map(rows.map(({ id, ...entry }) => [id, entry]));
  return ids.map((id) => found.get(id));
}
