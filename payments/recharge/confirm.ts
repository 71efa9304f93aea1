/** A card whose owner has to confirm: an ordinary order of the same amount, whose page is for the owner. */
import { RequestError } from '../../engine/index.ts';
import type { AutoRecharge, TopUp } from '../../persistence/index.ts';
import type { RechargeContext } from '../context.ts';
import { openTopUp } from '../top-up.ts';

/** A recharge whose page Stripe refuses, or that has got none in its day, stops. @throws OutageError: it is tried again */
export async function askOwner(context: RechargeContext, recharge: AutoRecharge): Promise<void> {
  const attempt = await context.directory.topUps.get(recharge.attemptId ?? '');
  if (attempt === undefined) return;
  const page = await pageFor(context, recharge, attempt);
  const { tell } = context;
  await context.directory.autoRecharges.change(recharge.walletId, (now) => {
    const same = now.status === 'action_required' && now.attemptId === attempt.id;
    if (!same || now.confirmTopUpId !== null) return undefined;
    if (page === 'invalid_request' || page.checkoutUrl === null) {
      const reason = page === 'invalid_request' ? page : 'no_answer';
      const events = tell.recharge({ type: 'stopped', recharge: now, reason });
      return { changes: { status: 'stopped', stoppedReason: reason }, events };
    }
    const { id, checkoutUrl: url, creditMicros: amountMicros, chargeCurrency: currency } = page;
    const told = { type: 'action_required', recharge: now, amountMicros, currency, url } as const;
    return { changes: { confirmTopUpId: id }, events: tell.recharge(told) };
  });
}

async function pageFor(
  context: RechargeContext,
  recharge: AutoRecharge,
  attempt: TopUp,
): Promise<TopUp | 'invalid_request'> {
  const request = { scope: 'auto_recharge_confirm', key: attempt.id, fingerprint: '' };
  try {
    const opened = await openTopUp(context, request, async () => ({
      organizationId: recharge.organizationId,
      walletId: recharge.walletId,
      packageId: null,
      title: attempt.title,
      chargeMinor: attempt.chargeMinor,
      chargeCurrency: attempt.chargeCurrency,
      creditMicros: attempt.creditMicros,
      bonusMicros: 0,
      saveCard: true,
      successUrl: recharge.returnUrl,
      cancelUrl: recharge.returnUrl,
    }));
    if (opened.status === 'opened') return opened.topUp;
    throw new Error(`the order to confirm ${attempt.id} is another`);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    context.log.error({ err: error, attempt: attempt.id }, 'Stripe refused the page to confirm on');
    return 'invalid_request';
  }
}
