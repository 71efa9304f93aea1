/** What a payment that came in does to the auto-recharge of its wallet. */
import type { Transaction } from '../connect.ts';
import type { TopUp } from './top-ups.ts';

/**
 * In the transaction in which the order succeeds: an attempt ends the failures in a row, and starts the
 * cool-off; an order on whose page a card's owner confirmed sets the recharge going, by the card that
 * was saved there.
 */
export async function rechargePaid(tx: Transaction, topUp: TopUp, now: Date): Promise<void> {
  if (topUp.state !== 'succeeded') return;
  if (topUp.origin === 'auto_recharge') {
    await tx`
      update auto_recharges set failures = 0, updated_at = now(),
        not_before = ${now}::timestamptz + cool_off_seconds * interval '1 second'
      where wallet_id = ${topUp.walletId} and attempt_id = ${topUp.id}`;
    return;
  }
  await tx`
    update auto_recharges set status = 'active', stopped_reason = null, confirm_top_up_id = null,
      failures = 0, payment_method = null, card_brand = null, card_last4 = null, updated_at = now(),
      not_before = ${now}::timestamptz + cool_off_seconds * interval '1 second'
    where confirm_top_up_id = ${topUp.id} and status = 'action_required'`;
}
