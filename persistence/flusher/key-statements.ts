/** The SQL of natural keys and of the quarantine. */
import type { Transaction } from '../connect.ts';
import { storable } from '../storable.ts';
import { bytesArray, integerArray, textArray } from './array-text.ts';
import type { NaturalKey, QuarantinedEntry } from './batch.ts';
import { walletsOf } from './entry.ts';

/**
 * Claims keys; the first claim stands. An explicit Idempotency-Key is good only as long as hot records
 * last: when Redis took one for new, its old claim gives way, unless it is so young that the same
 * request must have had its effect twice.
 * @returns how many claims were taken.
 */
export async function claimKeys(tx: Transaction, keys: readonly NaturalKey[]): Promise<number> {
  const result = await tx`
    INSERT INTO natural_keys (scope, kind, key, fingerprint, mutation_id, payload, created_at)
    SELECT DISTINCT ON (scope, kind, key)
           scope, kind, key, fingerprint, mutation_id, payload,
           to_timestamp(created_at / 1000.0)
    FROM unnest(
      ${textArray(keys, ({ entry }) => storable(entry.requestScope))}::text[],
      ${textArray(keys, ({ entry }) => entry.requestKind)}::text[],
      ${textArray(keys, ({ entry }) => storable(entry.requestKey))}::text[],
      ${textArray(keys, ({ entry }) => storable(entry.fingerprint))}::text[],
      ${textArray(keys, ({ entry }) => entry.mutationId)}::text[],
      ${bytesArray(keys, ({ payload }) => payload)}::bytea[],
      ${integerArray(keys, ({ entry }) => entry.atMs)}::bigint[]
    ) WITH ORDINALITY
      AS keys (scope, kind, key, fingerprint, mutation_id, payload, created_at, position)
    ORDER BY scope, kind, key, position
    ON CONFLICT (scope, kind, key) DO UPDATE SET
      fingerprint = excluded.fingerprint, mutation_id = excluded.mutation_id,
      payload = excluded.payload, created_at = excluded.created_at
    WHERE natural_keys.kind = 'request'
      AND natural_keys.mutation_id <> excluded.mutation_id
      AND natural_keys.created_at < excluded.created_at - interval '1 hour'`;
  return result.count;
}

/**
 * Which of these keys belong to another mutation. That is two effects under one key: the rows stay,
 * because the money did move, and the second entry is recorded for an operator.
 */
export async function conflictingKeys(
  tx: Transaction,
  keys: readonly NaturalKey[],
): Promise<QuarantinedKey[]> {
  const rows = await tx<{ position: number; winner: string }[]>`
    SELECT keys.position, stored.mutation_id AS winner
    FROM unnest(
      ${keys.map(({ entry }) => storable(entry.requestScope))}::text[],
      ${keys.map(({ entry }) => entry.requestKind)}::text[],
      ${keys.map(({ entry }) => storable(entry.requestKey))}::text[],
      ${keys.map(({ entry }) => entry.mutationId)}::text[]
    ) WITH ORDINALITY AS keys (scope, kind, key, mutation_id, position)
    JOIN natural_keys AS stored USING (scope, kind, key)
    WHERE stored.mutation_id <> keys.mutation_id`;
  return rows.flatMap(({ position, winner }) => {
    const key = keys[position - 1];
    return key === undefined ? [] : [{ key, winner }];
  });
}

export interface QuarantinedKey {
  key: NaturalKey;
  /** The mutation that had the key first. */
  winner: string;
}

export async function recordKeyConflict(
  tx: Transaction,
  { key, winner }: QuarantinedKey,
): Promise<void> {
  const { entry } = key;
  const detail = `${entry.requestKind} ${entry.requestScope} ${entry.requestKey}: ${winner} has it`;
  await tx`
    INSERT INTO ledger_quarantine
      (partition, stream_id, kind, mutation_id, wallet_ids, payload, detail)
    VALUES (${key.partition}, ${key.streamId}, 'natural_key', ${entry.mutationId},
      ${walletsOf(entry)}, ${key.payload}, ${storable(detail)})
    ON CONFLICT DO NOTHING`;
}

export async function quarantineEntry(
  tx: Transaction,
  { read, kind, walletIds, detail }: QuarantinedEntry,
): Promise<void> {
  await tx`
    INSERT INTO ledger_quarantine
      (partition, stream_id, kind, mutation_id, wallet_ids, payload, detail)
    VALUES (${read.partition}, ${read.id}, ${kind}, ${read.entry?.mutationId ?? ''},
      ${walletIds}, ${read.payload}, ${storable(detail)})
    ON CONFLICT DO NOTHING`;
}

export async function quarantineWallets(tx: Transaction, walletIds: string[]): Promise<void> {
  await tx`
    UPDATE wallet_snapshots SET quarantined = true
    WHERE wallet_id = ANY(${walletIds}::text[]) AND NOT quarantined`;
}
