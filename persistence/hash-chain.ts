/**
 * The tamper-evident chain: each ledger row carries a keyed hash over itself and the hash of the
 * row before it in its wallet.
 *
 *   hash(row n) = HMAC-SHA256(key, hash(row n-1) || canonical(row n)),  hash(row 0) = 32 zero bytes
 *
 * The key is kept outside the database, so whoever can write rows still cannot make a chain. A tail
 * that was cut off leaves a valid chain: daily digests (digest.ts) show that one.
 */
import { createHmac, type KeyObject } from 'node:crypto';
import type { LedgerRow } from './ledger-row.ts';

export const CHAIN_START: Buffer = Buffer.alloc(32);

/** The chain's next hash. `key` has at least 32 bytes. */
export function chainHash(key: KeyObject, previous: Buffer, row: LedgerRow): Buffer {
  return createHmac('sha256', key).update(previous).update(canonicalRow(row)).digest();
}

/** One text per row content: a JSON array has one spelling per list of strings, integers, nulls. */
export function canonicalRow(row: LedgerRow): string {
  return JSON.stringify([
    row.id,
    row.walletId,
    row.organizationId,
    row.sequence,
    row.kind,
    row.operation,
    row.amountMicros,
    row.heldDeltaMicros,
    row.postedAfterMicros,
    row.heldAfterMicros,
    row.shortfallMicros,
    row.holdId,
    row.callId,
    row.reference,
    row.description,
    row.refunds,
    row.details === null ? null : sorted(row.details),
    row.mutationId,
    row.rowIndex,
    row.createdAtMs,
    row.occurredAtMs,
    row.contentHash.toString('hex'),
  ]);
}

/** jsonb does not keep the order of keys, so the hash must not depend on it. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
