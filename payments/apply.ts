/**
 * Carries out what Stripe said.
 *
 *   fact and movements decided, under lock --> each movement in the ledger --> state of the top-up
 *
 * Movements are rows before they are money, and each has a key for ever: the credit, which is the
 * first, the payment intent itself, the others their place in its row of movements. So whatever
 * arrives first, twice or late, in however many processes, and wherever one of them dies, each moves
 * once. A key under which something else has moved is a conflict, until the ledger says what it was.
 */
import { createHash } from 'node:crypto';
import type { RequestKey } from '../engine/index.ts';
import { type Movement, movementKey, type PaymentFile, type TopUp } from '../persistence/index.ts';
import type { PaymentContext, RefusedPayment } from './context.ts';
import { decide, faultOf, isForeign, stateOf } from './decide.ts';
import { cardGone, rechargeFailed } from './recharge/failure.ts';
import type { Said } from './said.ts';

export type Applied =
  | { readonly status: 'applied' }
  /** It says nothing to us, or is about something that is not ours. */
  | { readonly status: 'ignored' }
  | { readonly status: 'refused'; readonly reason: string };

/** Answers when every movement that follows is in the ledger. @throws OutageError */
export async function apply(context: PaymentContext, said: Said): Promise<Applied> {
  const { applied, file } = await note(context, said);
  if (file !== undefined) await finish(context, file);
  return applied;
}

/** Writes down what was said and what has to move because of it; nothing is moved yet. */
export async function note(
  context: PaymentContext,
  said: Said,
): Promise<{ readonly applied: Applied; readonly file: PaymentFile | undefined }> {
  const { payments } = context.directory;
  if (isAnothers(context, said)) return { applied: { status: 'ignored' }, file: undefined };
  await noteEnds(context, said);
  const { paymentIntent, topUpId } = said;
  if (paymentIntent === undefined || !(await concernsUs(context, said))) {
    const status = topUpId === undefined ? 'ignored' : 'applied';
    return { applied: { status }, file: undefined };
  }
  const heard: { fault?: string | undefined; foreign?: boolean; refused?: RefusedPayment } = {};
  const file = await payments.change(paymentIntent, topUpId ?? null, (before) => {
    heard.foreign = isForeign(said, before.topUp);
    const fault =
      said.received && !heard.foreign ? faultOf(said, before.topUp, paymentIntent) : undefined;
    heard.fault = fault;
    const decision = decide(before, said);
    // Many events and every pass say it again; somebody is to be told once.
    if (fault === undefined || fault === before.payment.refused) return decision;
    heard.refused = { topUpId, paymentIntent, reason: fault };
    return { ...decision, events: context.tell.refused(heard.refused) };
  });
  const { fault, foreign, refused } = heard;
  if (fault === undefined) return { applied: { status: foreign ? 'ignored' : 'applied' }, file };
  if (refused !== undefined) alarm(context, refused);
  return { applied: { status: 'refused', reason: fault }, file };
}

/** Of another Ringfence that sells on the same account; without a label it is of an earlier release. */
export function isAnothers({ installation }: PaymentContext, said: Said): boolean {
  return said.installation !== undefined && said.installation !== installation;
}

/** What ends without money: a customer, a card, a page, an attempt of an auto-recharge. */
async function noteEnds(context: PaymentContext, said: Said): Promise<void> {
  const { topUps } = context.directory;
  const { customerGone, methodGone, topUpId, ended, failureCode } = said;
  if (customerGone !== undefined) {
    await topUps.forgetCustomer(customerGone);
    await cardGone(context, { customerId: customerGone });
  }
  if (methodGone !== undefined) await cardGone(context, { paymentMethod: methodGone });
  if (topUpId === undefined || (ended === undefined && failureCode === undefined)) return;
  const topUp = await topUps.get(topUpId);
  // Nobody can try another card there: what was declined has ended.
  if (topUp?.origin === 'auto_recharge') {
    await rechargeFailed(context, topUpId, failureCode ?? 'canceled', ended);
    return;
  }
  if (ended !== undefined) await topUps.ended(topUpId, ended, context.tell.topUp);
  if (failureCode !== undefined) await topUps.declined(topUpId, failureCode);
}

function alarm({ log, announce }: PaymentContext, told: RefusedPayment): void {
  log.error(told, 'a payment is not what was ordered; nothing was credited for it');
  announce({ type: 'top_up.refused', ...told });
}

/** A dispute or refund may come before the payment it is about: those without labels are kept. */
async function concernsUs({ directory }: PaymentContext, said: Said): Promise<boolean> {
  if (said.topUpId !== undefined || said.dispute !== undefined || said.refund !== undefined) {
    return true;
  }
  const { paymentIntent } = said;
  return (
    paymentIntent !== undefined && (await directory.payments.find(paymentIntent)) !== undefined
  );
}

/** Takes a payment up where somebody left it. @throws OutageError */
export async function resume(context: PaymentContext, paymentIntent: string): Promise<void> {
  const nothing: Said = { paymentIntent, topUpId: undefined, walletId: undefined };
  const decideAgain = (file: PaymentFile) => decide(file, nothing);
  await finish(context, await context.directory.payments.change(paymentIntent, null, decideAgain));
}

/** Makes what was decided and not made, and sets the state that follows. @throws OutageError */
export async function finish(context: PaymentContext, file: PaymentFile): Promise<void> {
  const { topUp, movements, payment } = file;
  if (topUp === undefined || !payment.accepted) return;
  for (const movement of movements) {
    if (!movement.done) await move(context, topUp, movement);
  }
  const { payments } = context.directory;
  const now = new Date(context.nowMs());
  const settled = await payments.settle(payment.paymentIntent, stateOf, context.tell.topUp, now);
  const state = stateOf(settled);
  if (state === undefined || settled.topUp?.state === state) return;
  context.log.info({ topUpId: topUp.id, state }, 'a top-up changed');
  context.announce({ type: 'top_up.changed', topUpId: topUp.id, state });
}

/** Only these kinds may take a wallet below zero; the account is in the row's `purpose`. */
const KINDS = {
  credit: 'deposit',
  bonus: 'bonus',
  refund: 'adjustment',
  refund_bonus: 'adjustment',
  dispute: 'dispute',
  dispute_bonus: 'dispute',
} as const;

async function move(context: PaymentContext, topUp: TopUp, movement: Movement): Promise<void> {
  const wallet = await context.directory.wallets.get(topUp.walletId);
  if (wallet === undefined) throw new Error(`wallet ${topUp.walletId} of a top-up does not exist`);
  const { purpose, amountMicros, paymentIntent } = movement;
  const recharged = topUp.origin === 'auto_recharge';
  const outcome = await context.engine.credit({
    partition: wallet.partition,
    request: keyOf(wallet.rootId, topUp, movement),
    organizationId: wallet.organizationId,
    walletId: wallet.id,
    kind: purpose === 'credit' && recharged ? 'auto_recharge' : KINDS[purpose],
    amountMicros,
    memo: {
      reference: paymentIntent,
      description: descriptionOf(movement, recharged),
      top_up_id: topUp.id,
      purpose,
    },
  });
  if (outcome.status !== 'done') {
    throw new Error(`${purpose} of ${paymentIntent} was not moved: ${outcome.status}`);
  }
  await context.waitForLedger(outcome.entry);
  await context.directory.payments.done(movement);
}

function keyOf(scope: string, topUp: TopUp, movement: Movement): RequestKey {
  const { paymentIntent, ordinal, purpose, amountMicros } = movement;
  const parts = [topUp.id, topUp.walletId, purpose, amountMicros];
  const fingerprint = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return { ...movementKey(paymentIntent, ordinal), scope, fingerprint };
}

function descriptionOf({ purpose, amountMicros }: Movement, recharged: boolean): string {
  if (purpose === 'credit') return recharged ? 'auto-recharge' : 'top-up by card';
  if (purpose === 'bonus') return 'bonus of a top-up';
  if (purpose === 'refund' || purpose === 'refund_bonus') {
    return amountMicros < 0 ? 'top-up refunded' : 'refund of a top-up failed';
  }
  return amountMicros < 0 ? 'dispute_hold' : 'dispute_hold released';
}
