/** What a charge that failed does to its recharge: later again, stopped, or its owner is asked. */
import type { AutoRecharge, RechargeAttempt, RechargeChange } from '../../persistence/index.ts';
import type { PaymentContext } from '../context.ts';

/** The first wait after a decline; it doubles with each, up to a day. */
export const BACK_OFF_MS = 5 * 60_000;
const BACK_OFF_MAX_MS = 86_400_000;

/** The owner of the card has to be there: no further try without it can succeed. */
const ASKS_OWNER = 'authentication_required';
/** Cards that will not pay again. Source: Stripe's decline codes with the advice not to try again. */
const FOR_GOOD = new Set([
  'card_gone',
  'expired_card',
  'incorrect_number',
  'invalid_account',
  'invalid_number',
  'lost_card',
  'pickup_card',
  'restricted_card',
  'revocation_of_all_authorizations',
  'revocation_of_authorization',
  'stolen_card',
  'stop_payment_order',
]);

/**
 * Ends an attempt that was not paid; nothing when it had ended.
 * @param code Stripe's decline code, or a word of ours: `card_gone`, `canceled`, `no_answer`
 */
export async function rechargeFailed(
  context: PaymentContext,
  attemptId: string,
  code: string,
  state: 'failed' | 'expired' = 'failed',
): Promise<void> {
  const { directory, tell, log } = context;
  const now = context.nowMs();
  const ended = await directory.rechargeAttempts.end(
    attemptId,
    { state, code },
    tell.topUp,
    (recharge, attempt) => afterFailure(tell, recharge, attempt, code, now),
  );
  if (ended) log.warn({ attempt: attemptId, code }, 'an auto-recharge was not paid');
}

/** Pure. */
export function afterFailure(
  tell: PaymentContext['tell'],
  recharge: AutoRecharge,
  attempt: RechargeAttempt,
  reason: string,
  nowMs: number,
): RechargeChange | undefined {
  // Its terms were set anew meanwhile, or it was stopped: that is the newer word.
  if (recharge.attemptId !== attempt.id || recharge.status !== 'active') return undefined;
  const failures = recharge.failures + 1;
  const told = { recharge, attempt, reason, failures } as const;
  if (reason === ASKS_OWNER) {
    const events = tell.recharge({ type: 'failed', ...told, retryAt: null });
    return { changes: { status: 'action_required', stoppedReason: reason, failures }, events };
  }
  if (FOR_GOOD.has(reason) || failures >= recharge.failuresMax) {
    const events = [
      ...tell.recharge({ type: 'failed', ...told, retryAt: null }),
      ...tell.recharge({ type: 'stopped', recharge, reason }),
    ];
    return { changes: { status: 'stopped', stoppedReason: reason, failures }, events };
  }
  const waitMs = Math.min(BACK_OFF_MS * 2 ** (failures - 1), BACK_OFF_MAX_MS);
  const retryAt = new Date(nowMs + waitMs);
  const events = tell.recharge({ type: 'failed', ...told, retryAt });
  return { changes: { failures, notBefore: retryAt }, events };
}

/** The card, or all of a customer's, cannot be charged any more: what they paid for stops. */
export async function cardGone(
  { directory, tell }: PaymentContext,
  card: { paymentMethod: string } | { customerId: string },
): Promise<void> {
  const { autoRecharges } = directory;
  for (const { walletId } of await autoRecharges.paidBy(card)) {
    await autoRecharges.change(walletId, (recharge) => {
      const same =
        'paymentMethod' in card
          ? recharge.paymentMethod === card.paymentMethod
          : recharge.customerId === card.customerId;
      if (!same || recharge.status !== 'active') return undefined;
      const events = tell.recharge({ type: 'stopped', recharge, reason: 'card_gone' });
      return { changes: { status: 'stopped', stoppedReason: 'card_gone' }, events };
    });
  }
}
