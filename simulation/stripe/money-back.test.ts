import type Stripe from 'stripe';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { customerWith, type Simulated, simulated } from './test/simulated.ts';

const confirmed = {
  amount: 2500,
  currency: 'usd',
  confirm: true,
  return_url: 'http://127.0.0.1/done',
} as const;

let world: Simulated;
let intent: Stripe.PaymentIntent;
beforeEach(async () => {
  world = await simulated();
  const card = await customerWith(world.stripe, 'visa');
  const terms = { ...confirmed, off_session: true };
  intent = await world.stripe.paymentIntents.create({ ...terms, ...card });
});
afterEach(() => world.stop());

const refund = (amount?: number) =>
  world.stripe.refunds.create({ payment_intent: intent.id, ...(amount && { amount }) });

/** Types and what is said in them about money, of the newest events. */
function said(count: number) {
  const events = world.simulator.control.events().slice(-count);
  return events.map(({ type, data }) => {
    const { amount_refunded: refunded, status } = data.object as unknown as Record<string, unknown>;
    return [type, refunded ?? status];
  });
}

test('refunds in two steps add up, and no more than the charge is given back', async () => {
  await refund(1000);
  await refund();
  expect(said(4)).toEqual([
    ['refund.created', 'succeeded'],
    ['charge.refunded', 1000],
    ['refund.created', 'succeeded'],
    ['charge.refunded', 2500],
  ]);
  const last = world.simulator.control.events().at(-1);
  expect(last?.data.previous_attributes).toEqual({ amount_refunded: 1000, refunded: false });
  await expect(refund(1)).rejects.toMatchObject({ code: 'charge_already_refunded' });
  expect((await world.stripe.refunds.list({ payment_intent: intent.id })).data).toHaveLength(2);
});

test('a refund to a bank account is under way until it arrives', async () => {
  const card = await customerWith(world.stripe, 'us_bankAccount_success');
  const debit = await world.stripe.paymentIntents.create({ ...confirmed, ...card });
  world.simulator.control.settle(debit.id, true);
  const { id, status } = await world.stripe.refunds.create({ payment_intent: debit.id });
  expect(status).toBe('pending');
  expect(world.simulator.control.settleRefund(id)).toBe(true);
  expect(world.simulator.control.settleRefund(id)).toBe(false);
  expect(said(1)).toEqual([['refund.updated', 'succeeded']]);
});

test('a refund that fails can be made again', async () => {
  const { id } = await refund();
  world.simulator.control.failRefund(id);
  expect(said(2)).toEqual([
    ['refund.failed', 'failed'],
    ['charge.refund.updated', 'failed'],
  ]);
  expect((await refund()).status).toBe('succeeded');
});

test('a dispute takes the money, blocks refunds, and gives it back when it is won', async () => {
  const { id } = world.simulator.control.dispute({ paymentIntent: intent.id });
  await expect(refund()).rejects.toMatchObject({ code: 'charge_disputed' });
  await world.stripe.disputes.update(id, { submit: true });
  world.simulator.control.closeDispute(id, 'won');
  expect(said(5)).toEqual([
    ['charge.dispute.created', 'needs_response'],
    ['charge.dispute.funds_withdrawn', 'needs_response'],
    ['charge.dispute.updated', 'under_review'],
    ['charge.dispute.closed', 'won'],
    ['charge.dispute.funds_reinstated', 'won'],
  ]);
});

test('a dispute that is given up is lost; an inquiry moves no money', async () => {
  const { id } = world.simulator.control.dispute({ paymentIntent: intent.id, amount: 1000 });
  expect((await world.stripe.disputes.close(id)).status).toBe('lost');
  const more = world.stripe.disputes.update(id, { submit: true });
  await expect(more).rejects.toMatchObject({ statusCode: 400 });
  expect((await world.stripe.disputes.retrieve(id)).status).toBe('lost');
  const inquiry = world.simulator.control.dispute({ paymentIntent: intent.id, inquiry: true });
  world.simulator.control.closeDispute(inquiry.id, 'warning_closed');
  expect(said(2)).toEqual([
    ['charge.dispute.created', 'warning_needs_response'],
    ['charge.dispute.closed', 'warning_closed'],
  ]);
});
