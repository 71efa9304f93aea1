// The way to an existing hold: which wallets it is on, and loading it when Redis does not hold it.

import type { EngineContext } from './context.ts';
import { legKeys } from './context.ts';
import { keys } from './keys.ts';

export interface HoldRef {
  readonly partition: number;
  readonly holdId: string;
}

/** Names that every script on a hold takes. */
export function holdKeys(ref: HoldRef, walletIds: readonly string[]) {
  return {
    partition: keys.partition(ref.partition),
    journal: keys.journal(ref.partition),
    due: keys.due(ref.partition),
    hold: keys.hold(ref.partition, ref.holdId),
    legs: legKeys(ref.partition, walletIds),
  };
}

/**
 * Runs `work` with the hold's wallets. A hold that Redis does not hold is loaded from the ledger; one
 * that does not exist there either was lost, and is opened again, or is `hold_not_found`.
 */
export async function onHold<R extends { readonly status: string }>(
  context: EngineContext,
  ref: HoldRef,
  work: (walletIds: readonly string[]) => Promise<R>,
): Promise<R | { readonly status: 'hold_not_found'; readonly replayed: false }> {
  const known = context.legs.get(ref.holdId);
  if (known) {
    const reply = await work(known);
    if (reply.status !== 'hold_not_found') return reply;
  }
  const load = () => context.loader.hold(ref.partition, ref.holdId);
  let hold = await load();
  if (!hold && (await context.recall(ref.holdId))) hold = await load();
  if (!hold) return { status: 'hold_not_found', replayed: false };
  return work(hold.legs.map((leg) => leg.walletId));
}
