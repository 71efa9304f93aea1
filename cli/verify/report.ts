/** What a verification found, as text for a person and as JSON for a program. */
import type { Difference, VerifyProgress } from '../../persistence/index.ts';

export interface Found {
  /** The first of them; `count` has all. */
  differences: Difference[];
  count: number;
  progress: VerifyProgress;
  /** Wallets that Redis has older than the ledger while the gate is closed. */
  awaitingRecovery: number;
  gateOpen: boolean;
  since: Date | undefined;
}

export function countsOf({ wallets, entries, inRedis }: VerifyProgress): string {
  return `${wallets} wallets, ${entries} entries, ${inRedis} wallets in Redis`;
}

export function textOf(found: Found): string {
  const { differences, count, progress, awaitingRecovery, gateOpen } = found;
  const lines = differences.map(lineOf);
  if (count > differences.length) lines.push(`... and ${count - differences.length} more`);
  if (awaitingRecovery > 0) {
    lines.push(
      `${awaitingRecovery} wallets in Redis are older than the ledger and wait for recovery at start`,
    );
  } else if (!gateOpen) lines.push('the recovery gate is closed; it opens when Ringfence starts');
  lines.push(...trustOf(found));
  lines.push(`checked ${countsOf(progress)}`);
  lines.push(count === 1 ? '1 difference' : `${count} differences`);
  return `${lines.join('\n')}\n`;
}

function lineOf({ walletId, what, expected, found, entryId, detail }: Difference): string {
  const more = [entryId, detail].filter((text) => text !== undefined).join(': ');
  const line = `${walletId || 'ledger'}: ${what}: expected ${expected}, found ${found}`;
  return more === '' ? line : `${line} (${more})`;
}

/** With --since only a part is proven; the rest is said to be trusted. */
function trustOf({ since, progress: { trusted } }: Found): string[] {
  if (since === undefined) return [];
  return [
    `trusted, not read: rows before ${since.toISOString()}`,
    `  of ${trusted.digest} wallets from the last daily digest that has them`,
    `  of ${trusted.storedHash} wallets from the stored hash of their last row before that time`,
    `  of ${trusted.nothing} wallets none: they have no row before that time`,
  ];
}

export function jsonOf(found: Found): string {
  const { differences, count, progress, awaitingRecovery, gateOpen, since } = found;
  const { trusted } = progress;
  const body = {
    differences: differences.map(({ walletId, entryId, ...rest }) => ({
      wallet_id: walletId || null,
      ...(entryId !== undefined && { entry_id: entryId }),
      ...rest,
    })),
    difference_count: count,
    wallets: progress.wallets,
    entries: progress.entries,
    wallets_in_redis: progress.inRedis,
    wallets_awaiting_recovery: awaitingRecovery,
    ...(since !== undefined && {
      trusted: {
        before: since.toISOString(),
        wallets_from_digest: trusted.digest,
        wallets_from_stored_hash: trusted.storedHash,
        wallets_whole: trusted.nothing,
      },
    }),
    gate: gateOpen ? 'open' : 'closed',
  };
  return `${JSON.stringify(body)}\n`;
}
