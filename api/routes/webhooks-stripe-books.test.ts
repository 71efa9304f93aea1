/** I13 after card money went back: cash is what the cards have paid, promotions what was given away. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Difference, verify } from '../../persistence/index.ts';
import { organization, wallet } from '../test/tenants.ts';
import { type StripeStage, stripeStage } from '../webhooks/test/stripe-stage.ts';

let stage: StripeStage;
let organizationId: string;
beforeAll(async () => {
  stage = await stripeStage();
  organizationId = await organization(stage.app, 'Acme');
});
afterAll(() => stage.stop());

/** Pays $30 (in a currency of the test's own) for 30 and a bonus of 1. */
async function bought(currency: string) {
  const walletId = await wallet(stage.app, organizationId, 0, { currency });
  const made = await stage.app.request('POST', '/v1/packages', {
    body: {
      name: 'With a bonus',
      price_micros: 30_000_000,
      price_currency: currency,
      credit_micros: 30_000_000,
      bonus_micros: 1_000_000,
    },
  });
  const { intent } = await stage.paid(walletId, { package_id: made.body.id });
  await deliverAll(intent);
  return intent;
}

async function deliverAll(intent: string) {
  for (const event of await stage.events(intent)) {
    const answer = await stage.deliver(event);
    expect(answer.status, answer.text).toBe(200);
  }
}

/** Cash, promotions, and all else but what the wallets have. */
async function books(currency: string) {
  const rows = await stage.app.core.stores.ledger<{ account: string; micros: string }[]>`
    select account, balance_micros::text as micros from trial_balance where currency = ${currency}`;
  const balance = new Map(rows.map(({ account, micros }) => [account, Number(micros)]));
  const sum = [...balance.values()].reduce((total, micros) => total + micros, 0);
  expect(sum).toBe(0);
  const { cash, promotions, available, held, ...others } = Object.fromEntries(balance);
  expect(held).toBe(0);
  expect(others).toEqual({});
  return [cash, promotions, available];
}

async function verified(): Promise<Difference[]> {
  const found: Difference[] = [];
  const { stores, chainKey } = stage.app.core;
  for await (const difference of verify({ sql: stores.ledger, chainKey })) found.push(difference);
  return found;
}

test('a refund in two steps, and one that fails', async () => {
  const intent = await bought('usd');
  expect(await books('usd')).toEqual([-30_000_000, -1_000_000, 31_000_000]);
  const { id } = await stage.stripe.refunds.create({ payment_intent: intent, amount: 1000 });
  await deliverAll(intent);
  expect(await books('usd')).toEqual([-20_000_000, -666_667, 20_666_667]);
  await stage.stripe.refunds.create({ payment_intent: intent });
  await deliverAll(intent);
  expect(await books('usd')).toEqual([0, 0, 0]);
  await stage.control('refund-failures', { refund: id });
  await deliverAll(intent);
  expect(await books('usd')).toEqual([-10_000_000, -333_334, 10_333_334]);
  expect(await verified()).toEqual([]);
});

test.each([
  ['eur', 'lost', [0, 0, 0]],
  ['gbp', 'won', [-30_000_000, -1_000_000, 31_000_000]],
])('in %s, a dispute that is %s: %j', async (currency, status, expected) => {
  const intent = await bought(currency);
  const dispute = await stage.control('disputes', { payment_intent: intent });
  await deliverAll(intent);
  expect(await books(currency)).toEqual([0, 0, 0]);
  await stage.control('dispute-ends', { dispute: dispute.id, status });
  await deliverAll(intent);
  expect(await books(currency)).toEqual(expected);
  expect(await verified()).toEqual([]);
});

test('verify names a movement that is not in the ledger, and money that no movement explains', async () => {
  const intent = await bought('nzd');
  const { ledger } = stage.app.core.stores;
  const whats = async () =>
    (await verified()).map(({ what, expected, found }) => [what, expected, found]);
  await ledger`
    update payment_movements set amount_micros = amount_micros + 5
    where payment_intent = ${intent} and ordinal = 0`;
  const sum = expect.stringContaining('sum of the top-up');
  expect(await whats()).toEqual([
    [`credit of ${intent}, movement 0`, '30000005', '30000000'],
    [sum, '31000005', '31000000'],
  ]);
  await ledger`
    update payment_movements set amount_micros = amount_micros - 5
    where payment_intent = ${intent} and ordinal = 0`;
  await ledger`
    insert into payment_movements (payment_intent, ordinal, purpose, amount_micros, done_at)
    values (${intent}, 2, 'refund', -7, now())`;
  expect(await whats()).toEqual([
    [`refund of ${intent}, movement 2`, '-7', 'no row'],
    [sum, '30999993', '31000000'],
  ]);
  await ledger`delete from payment_movements where payment_intent = ${intent} and ordinal > 0`;
  expect(await whats()).toEqual([[sum, '30000000', '31000000']]);
});

test('an operator’s own adjustment is no cash', async () => {
  const walletId = await wallet(stage.app, organizationId, 0, { currency: 'chf' });
  await stage.app.request('POST', `/v1/wallets/${walletId}/credits`, {
    body: { kind: 'adjustment', amount_micros: -5, wait_for: 'ledger' },
  });
  const rows = await stage.app.core.stores.ledger`
    select account from trial_balance where currency = 'chf' and balance_micros > 0`;
  expect(rows).toEqual([{ account: 'adjustments' }]);
});
