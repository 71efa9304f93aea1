import { afterEach, expect, test } from 'vitest';
import { customerWith, type Simulated, sdk, simulated } from './test/simulated.ts';

let world: Simulated;
afterEach(() => world.stop());

const sum = { amount: 5000, currency: 'usd' } as const;
const confirmed = { ...sum, confirm: true, return_url: 'http://127.0.0.1/done' } as const;
const offSession = { ...confirmed, off_session: true } as const;

test('a saved card is charged without its owner', async () => {
  world = await simulated();
  const card = await customerWith(world.stripe, 'visa');
  const intent = await world.stripe.paymentIntents.create({ ...offSession, ...card });
  expect(intent).toMatchObject({ status: 'succeeded', amount_received: 5000 });
});

test('a charge that does not say where its owner would come back to is refused', async () => {
  world = await simulated();
  const card = await customerWith(world.stripe, 'visa');
  const { return_url: _, ...nowhere } = offSession;
  const refused = { type: 'StripeInvalidRequestError', param: 'return_url' };
  const charged = world.stripe.paymentIntents.create({ ...nowhere, ...card });
  await expect(charged).rejects.toMatchObject(refused);
  const made = await world.stripe.paymentIntents.create({ ...sum, ...card });
  await expect(world.stripe.paymentIntents.confirm(made.id)).rejects.toMatchObject(refused);
});

test.each([
  ['visa_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
  ['chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
  ['authenticationRequired', 'authentication_required', 'authentication_required'],
])('%s is refused with %s', async (name, code, declineCode) => {
  world = await simulated();
  const card = await customerWith(world.stripe, name);
  const charged = world.stripe.paymentIntents.create({ ...offSession, ...card });
  await expect(charged).rejects.toMatchObject({
    type: 'StripeCardError',
    statusCode: 402,
    code,
    decline_code: declineCode,
    payment_intent: { status: 'requires_payment_method', last_payment_error: { code } },
  });
  const [intent] = world.simulator.control.intents();
  expect(intent).toMatchObject({ status: 'requires_payment_method', amount_received: 0 });
});

test('a payment that asked its owner is made on the authentication page', async () => {
  world = await simulated();
  const card = await customerWith(world.stripe, 'authenticationRequired');
  const asked = await world.stripe.paymentIntents.create({
    ...confirmed,
    ...card,
  });
  expect(asked.status).toBe('requires_action');
  const url = asked.next_action?.redirect_to_url?.url ?? '';
  expect(await (await fetch(url)).text()).toContain('Is it you');
  await fetch(url, { method: 'POST', body: new URLSearchParams({ outcome: 'agree' }) });
  expect((await world.stripe.paymentIntents.retrieve(asked.id)).status).toBe('succeeded');
});

test('a detached card can never be charged again', async () => {
  world = await simulated();
  const card = await customerWith(world.stripe, 'visa');
  await world.stripe.paymentMethods.detach(card.payment_method);
  const charged = world.stripe.paymentIntents.create({ ...offSession, ...card });
  await expect(charged).rejects.toMatchObject({
    type: 'StripeInvalidRequestError',
    code: 'resource_missing',
    param: 'payment_method',
  });
  expect(world.simulator.control.intents()).toEqual([]);
});

test('one key is one payment: replayed, in conflict with others, kept for a decline too', async () => {
  world = await simulated();
  const { stripe } = world;
  const card = await customerWith(stripe, 'visa');
  const first = await stripe.paymentIntents.create(
    { ...offSession, ...card },
    { idempotencyKey: 'k' },
  );
  const again = await stripe.paymentIntents.create(
    { ...offSession, ...card },
    { idempotencyKey: 'k' },
  );
  expect(again.id).toBe(first.id);
  expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
  const other = stripe.paymentIntents.create(
    { ...offSession, ...card, amount: 5001 },
    { idempotencyKey: 'k' },
  );
  await expect(other).rejects.toMatchObject({ type: 'StripeIdempotencyError', statusCode: 400 });

  world.simulator.control.card(card.payment_method, 'chargeDeclined');
  const declined = () =>
    stripe.paymentIntents.create({ ...offSession, ...card }, { idempotencyKey: 'd' });
  await expect(declined()).rejects.toMatchObject({ code: 'card_declined' });
  world.simulator.control.card(card.payment_method, 'visa');
  await expect(declined()).rejects.toMatchObject({ code: 'card_declined' });
  expect(world.simulator.control.intents()).toHaveLength(2);
});

test('a second request with the key of one in progress is 409, and is worth a retry', async () => {
  let progress = Promise.resolve();
  world = await simulated({ progress: () => progress });
  const card = await customerWith(world.stripe, 'visa');
  const create = (stripe = world.stripe) =>
    stripe.paymentIntents.create({ ...offSession, ...card }, { idempotencyKey: 'k' });
  let finish = () => {};
  progress = new Promise((resolve) => {
    finish = resolve;
  });
  const both = [create(), create()];
  const refused = { statusCode: 409, code: 'idempotency_key_in_use' };
  await expect(Promise.race(both)).rejects.toMatchObject(refused);
  finish();
  const statuses = (await Promise.allSettled(both)).map(({ status }) => status);
  expect(statuses.sort()).toEqual(['fulfilled', 'rejected']);
  await create(sdk(world.simulator.url, 'sk_test_of_the_simulator', 5));
  expect(world.simulator.control.intents()).toHaveLength(1);
});

test('what the SDK does not send, or Stripe does not take, is refused before anything is made', async () => {
  world = await simulated();
  const create = (fields: Record<string, unknown>) =>
    world.stripe.paymentIntents.create({ amount: 100, currency: 'usd', ...fields });
  await expect(create({ amount: 10 })).rejects.toMatchObject({ code: 'amount_too_small' });
  await expect(create({ shoe_size: 44 })).rejects.toMatchObject({ code: 'parameter_unknown' });
  await expect(create({ customer: 'cus_unknown' })).rejects.toMatchObject({
    code: 'resource_missing',
    param: 'customer',
  });
  const stranger = sdk(world.simulator.url, 'sk_test_of_a_stranger');
  await expect(stranger.paymentIntents.list()).rejects.toMatchObject({ statusCode: 401 });
  expect(world.simulator.control.intents()).toEqual([]);
});

test.each([
  ['usd', 49, 'amount_too_small'],
  ['usd', 100_000_000, 'amount_too_large'],
  ['gbp', 29, 'amount_too_small'],
  ['jpy', 49, 'amount_too_small'],
  ['huf', 17_499, 'amount_too_small'],
  ['kwd', 1_001, 'parameter_invalid_integer'],
  ['isk', 10_050, 'parameter_invalid_integer'],
])('in %s %i is refused: %s', async (currency, amount, code) => {
  world = await simulated();
  const made = world.stripe.paymentIntents.create({ amount, currency });
  await expect(made).rejects.toMatchObject({ code, param: 'amount' });
});

test('the least of other currencies is taken', async () => {
  world = await simulated();
  for (const [currency, amount] of [
    ['gbp', 30],
    ['jpy', 50],
    ['huf', 17_500],
    ['kwd', 1_000],
    ['isk', 10_000],
  ] as const) {
    expect((await world.stripe.paymentIntents.create({ amount, currency })).amount).toBe(amount);
  }
});

test('lists are paged both ways, newest first, and filtered by their time', async () => {
  world = await simulated();
  const { stripe } = world;
  const made: string[] = [];
  for (let i = 0; i < 7; i++) {
    made.unshift((await stripe.paymentIntents.create({ amount: 100 + i, currency: 'usd' })).id);
  }
  const all = await stripe.paymentIntents.list({ limit: 3 }).autoPagingToArray({ limit: 100 });
  expect(all.map(({ id }) => id)).toEqual(made);
  const before = await stripe.paymentIntents.list({ limit: 2, ending_before: made[4] ?? '' });
  expect(before.data.map(({ id }) => id)).toEqual(made.slice(2, 4));
  const future = Math.floor(Date.now() / 1000) + 3600;
  expect((await stripe.paymentIntents.list({ created: { gte: future } })).data).toEqual([]);
});
