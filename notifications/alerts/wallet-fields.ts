import { availableOf, type JournalRow, spendableOf } from '../../engine/index.ts';
import type { AlertBase } from '../../persistence/index.ts';

/** What every event about a wallet says of it, after the row. */
export function walletFields(base: AlertBase, { sequence, wallet }: JournalRow) {
  return {
    wallet_id: base.walletId,
    organization_id: base.organizationId,
    currency: base.currency,
    sequence,
    posted_micros: wallet.postedMicros,
    held_micros: wallet.heldMicros,
    available_micros: availableOf(wallet),
    spendable_micros: spendableOf(wallet),
  };
}
