/**
 * Where the replay of each wallet begins, and what it takes on trust. Without `since` nothing: every
 * wallet is replayed from its first row. With it, a wallet begins at the head that the last daily
 * digest before that time has of it; one that no digest has, at its last row before that time, whose
 * own hash is trusted.
 */
import type { Transaction } from '../connect.ts';

export interface Start {
  /** The trusted row; 0: the wallet is replayed whole. */
  sequence: number;
  /** The digest's day and the hash it has of the row. */
  digest?: { day: string; hash: Buffer };
}

const WHOLE: Start = { sequence: 0 };

/** How many wallets were replayed from what; they are the same wallets as those verified. */
export interface Trusted {
  nothing: number;
  digest: number;
  storedHash: number;
}

interface Found {
  walletId: string;
  day: string | null;
  headSequence: number;
  headHash: Buffer;
  lastBefore: number | null;
}

export async function startsOf(
  tx: Transaction,
  walletIds: readonly string[],
  since: Date | undefined,
): Promise<Map<string, Start>> {
  if (since === undefined) return new Map(walletIds.map((id) => [id, WHOLE]));
  const at = since.toISOString();
  const rows = await tx<Found[]>`
    SELECT wallet.id AS "walletId", to_char(head.day, 'YYYY-MM-DD') AS day,
           coalesce(head.sequence, 0) AS "headSequence", head.hash AS "headHash",
           before.sequence AS "lastBefore"
    FROM unnest(${[...walletIds]}::text[]) AS wallet (id)
    LEFT JOIN LATERAL (
      SELECT day, sequence, hash FROM ledger_digests
      WHERE wallet_id = wallet.id AND day < (${at}::timestamptz AT TIME ZONE 'UTC')::date
      ORDER BY day DESC LIMIT 1
    ) AS head ON true
    LEFT JOIN LATERAL (
      SELECT sequence FROM ledger_entries AS row
      WHERE row.wallet_id = wallet.id AND created_at < ${at}::timestamptz
      ORDER BY sequence DESC LIMIT 1
    ) AS before ON true`;
  return new Map(rows.map((row) => [row.walletId, startOf(row)]));
}

function startOf({ day, headSequence, headHash, lastBefore }: Found): Start {
  if (day !== null) return { sequence: headSequence, digest: { day, hash: headHash } };
  return lastBefore === null ? WHOLE : { sequence: lastBefore };
}

export function count(trusted: Trusted, starts: Iterable<Start>): void {
  for (const { sequence, digest } of starts) {
    if (digest !== undefined) trusted.digest += 1;
    else if (sequence > 0) trusted.storedHash += 1;
    else trusted.nothing += 1;
  }
}
