/**
 * Daily digests of the chain heads. A hash chain alone cannot show that its tail was cut off and
 * the snapshot set back; a digest written elsewhere can.
 *
 *   digest(day) = HMAC(key, digest(day before) || day || every (wallet, sequence, hash) that moved)
 */
import { createHmac, type KeyObject } from 'node:crypto';
import type { Sql, Transaction } from './connect.ts';
import { CHAIN_START } from './hash-chain.ts';
import type { LedgerHead } from './ledger-head.ts';
import { transaction } from './transaction.ts';

export interface Digest {
  /** ISO date, UTC. */
  day: string;
  /** How many wallets moved on that day. */
  wallets: number;
  hash: Buffer;
}

/** What was written outside the database (the log) and can therefore prove something about it. */
export interface Published {
  digests: readonly Digest[];
  heads: readonly LedgerHead[];
}

interface Head {
  walletId: string;
  sequence: number;
  hash: Buffer;
}

const PAGE = 1_000;

/**
 * Records the heads of a past day and closes it. Repeating it gives the digest it gave first.
 * Call it once the flusher has passed the day, and publish the answer outside the database.
 */
export async function writeDigest(sql: Sql, chainKey: KeyObject, day: string): Promise<Digest> {
  const existing = await readDigest(sql, day);
  if (existing !== undefined) return existing;
  return transaction(sql, async (tx) => {
    await tx`
      INSERT INTO ledger_digests (day, wallet_id, sequence, hash)
      SELECT DISTINCT ON (wallet_id) ${day}::date, wallet_id, sequence, hash FROM ledger_entries
      WHERE created_at >= ${`${day}T00:00:00Z`}::timestamptz
        AND created_at < ${`${day}T00:00:00Z`}::timestamptz + interval '1 day'
      ORDER BY wallet_id, sequence DESC
      ON CONFLICT DO NOTHING`;
    const digest = await computeDigest(tx, chainKey, day);
    await tx`
      INSERT INTO ledger_digests (day, wallet_id, sequence, hash)
      VALUES (${day}, '', ${digest.wallets}, ${digest.hash}) ON CONFLICT DO NOTHING`;
    return digest;
  });
}

/**
 * The days to digest up to and with `last`, oldest first: those after the latest digest before it. A day
 * on which nobody ran to do it is made up for; one before a digest is not, because that digest builds on
 * the days it knew. Without any digest it begins with the first row.
 * @param max at most so many
 */
export async function daysToDigest(sql: Sql, last: string, max: number): Promise<string[]> {
  const [before] = await sql<{ day: string | null }[]>`
    SELECT to_char(max(day) + 1, 'YYYY-MM-DD') AS day FROM ledger_digests
    WHERE wallet_id = '' AND day < ${last}::date`;
  const from = before?.day ?? (await firstDay(sql)) ?? last;
  const rows = await sql<{ day: string }[]>`
    SELECT to_char(day, 'YYYY-MM-DD') AS day
    FROM generate_series(least(${from}::date, ${last}::date), ${last}::date, interval '1 day') AS day
    ORDER BY day LIMIT ${max}`;
  return rows.map(({ day }) => day);
}

async function firstDay(sql: Sql): Promise<string | undefined> {
  const [row] = await sql<{ day: string | null }[]>`
    SELECT to_char(min(created_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day FROM ledger_entries`;
  return row?.day ?? undefined;
}

async function readDigest(sql: Sql | Transaction, day: string): Promise<Digest | undefined> {
  const [row] = await sql<{ wallets: number; hash: Buffer }[]>`
    SELECT sequence AS wallets, hash FROM ledger_digests WHERE day = ${day} AND wallet_id = ''`;
  return row && { day, ...row };
}

async function computeDigest(
  sql: Sql | Transaction,
  chainKey: KeyObject,
  day: string,
): Promise<Digest> {
  const [previous] = await sql<{ hash: Buffer }[]>`
    SELECT hash FROM ledger_digests
    WHERE day < ${day} AND wallet_id = '' ORDER BY day DESC LIMIT 1`;
  const hmac = createHmac('sha256', chainKey)
    .update(previous?.hash ?? CHAIN_START)
    .update(day);
  let wallets = 0;
  for await (const heads of headsOf(sql, day)) {
    for (const { walletId, sequence, hash } of heads) {
      hmac.update(JSON.stringify([walletId, sequence, hash.toString('hex')]));
    }
    wallets += heads.length;
  }
  return { day, wallets, hash: hmac.digest() };
}

async function* headsOf(sql: Sql | Transaction, day: string): AsyncGenerator<Head[]> {
  let after = '';
  for (;;) {
    const heads = await sql<Head[]>`
      SELECT wallet_id AS "walletId", sequence, hash FROM ledger_digests
      WHERE day = ${day} AND wallet_id > ${after} ORDER BY wallet_id LIMIT ${PAGE}`;
    const last = heads.at(-1);
    if (last === undefined) return;
    yield heads;
    after = last.walletId;
  }
}

export interface DigestDifference {
  day: string;
  walletId: string;
  what: 'row_missing' | 'row_changed' | 'digest_changed' | 'digest_missing';
}

/**
 * Compares the digests with the ledger and, where given, with what was published elsewhere.
 * @param published digests kept outside the database; without them only the ledger is checked
 * @param rowsFrom the first day whose heads are looked up in the ledger; default: all
 */
export async function* checkDigests(
  sql: Sql,
  chainKey: KeyObject,
  published: readonly Digest[] = [],
  rowsFrom = '',
): AsyncGenerator<DigestDifference> {
  const days = await sql<{ day: string }[]>`
    SELECT to_char(day, 'YYYY-MM-DD') AS day FROM ledger_digests WHERE wallet_id = '' ORDER BY day`;
  const known = new Map(published.map((digest) => [digest.day, digest.hash]));
  for (const { day } of days) {
    const stored = await readDigest(sql, day);
    const computed = await computeDigest(sql, chainKey, day);
    const expected = known.get(day) ?? stored?.hash;
    known.delete(day);
    if (!computed.hash.equals(expected ?? CHAIN_START)) {
      yield { day, walletId: '', what: 'digest_changed' };
    }
    if (day >= rowsFrom) yield* missingRows(sql, day);
  }
  for (const day of known.keys()) yield { day, walletId: '', what: 'digest_missing' };
}

async function* missingRows(sql: Sql, day: string): AsyncGenerator<DigestDifference> {
  for await (const heads of headsOf(sql, day)) {
    const rows = await sql<Head[]>`
      SELECT row.wallet_id AS "walletId", row.sequence, row.hash
      FROM unnest(
        ${heads.map((head) => head.walletId)}::text[], ${heads.map((head) => head.sequence)}::bigint[]
      ) AS head (wallet_id, sequence)
      JOIN ledger_entries AS row USING (wallet_id, sequence)`;
    const found = new Map(rows.map((row) => [row.walletId, row.hash]));
    for (const { walletId, hash } of heads) {
      const row = found.get(walletId);
      if (row === undefined) yield { day, walletId, what: 'row_missing' };
      else if (!row.equals(hash)) yield { day, walletId, what: 'row_changed' };
    }
  }
}
