import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { organization, wallet } from '../test/tenants.ts';
import {
  attempts,
  charges,
  payer,
  recharging,
  spend,
  standing,
  TERMS,
  told,
  UNIT,
} from '../webhooks/test/recharge-stage.ts';
import { type StripeStage, stripeStage } from '../webhooks/test/stripe-stage.ts';

let stage: StripeStage;
beforeAll(async () => {
  stage = await stripeStage();
});
afterAll(() => stage.stop());

const soon = { timeout: 60_000, interval: 20 };

describe('a wallet that falls to its threshold', () => {
  test('is recharged from the saved card: one charge, one entry, told of', async () => {
    const acme = await payer(stage);
    expect(await recharging(stage.app, acme)).toMatchObject({
      status: 'active',
      charges_now_micros: 0,
      card: { payment_method: acme.card, brand: 'visa', last4: '4242' },
      used: { day: { micros: 0, count: 0 } },
    });
    await spend(stage.app, acme, 89);
    await spend(stage.app, acme, 1);
    await expect
      .poll(() => attempts(stage.app, acme), soon)
      .toMatchObject([{ state: 'succeeded', origin: 'auto_recharge', charge_minor: 2_500 }]);
    expect(await charges(stage, acme)).toEqual([['succeeded', 2_500]]);
    expect(await stage.posted(acme.walletId)).toBe(35 * UNIT);
    const path = `/v1/wallets/${acme.walletId}/entries?kind=auto_recharge`;
    expect((await stage.app.request('GET', path)).body.data).toMatchObject([
      { kind: 'auto_recharge', amount_micros: 25 * UNIT, description: 'auto-recharge' },
    ]);
    expect((await told(stage, acme)).map(({ type }) => type)).toEqual(['succeeded']);
    expect(await standing(stage.app, acme)).toMatchObject({
      failures: 0,
      used: { day: { micros: 25 * UNIT, count: 1 }, month: { micros: 25 * UNIT, count: 1 } },
    });
  });

  test('has succeeded once, though a refund of it fails', async () => {
    const acme = await payer(stage);
    const terms = {
      return_url: 'http://127.0.0.1/?of={CHECKOUT_SESSION_ID}',
      cool_off_seconds: 600,
    };
    await recharging(stage.app, acme, terms);
    await spend(stage.app, acme, 95);
    await expect
      .poll(() => attempts(stage.app, acme), soon)
      .toMatchObject([{ state: 'succeeded' }]);
    const [attempt] = await attempts(stage.app, acme);
    const intent = String(attempt?.payment_intent);
    const { id } = await stage.stripe.refunds.create({ payment_intent: intent });
    for (const event of await stage.events(intent)) await stage.deliver(event);
    expect(await attempts(stage.app, acme)).toMatchObject([{ state: 'refunded' }]);
    await stage.control('refund-failures', { refund: id });
    for (const event of await stage.events(intent)) await stage.deliver(event);
    expect(await attempts(stage.app, acme)).toMatchObject([{ state: 'succeeded' }]);
    expect((await told(stage, acme)).map(({ type }) => type)).toEqual(['succeeded']);
  });

  test.each([
    ['the amount as often as it takes', {}, 7_500],
    ['up to a target', { amount_micros: undefined, target_micros: 60 * UNIT }, 10_000],
    ['no more than a cap leaves', { daily_max_micros: 60 * UNIT }, 5_000],
  ])('clears the whole gap in one charge: %s', async (_, fields, minor) => {
    const acme = await payer(stage);
    await spend(stage.app, acme, 90);
    // Of the 10 that are left none may be spent: spendable is -40.
    const body = { cutoff_threshold_micros: 50 * UNIT };
    await stage.app.request('PATCH', `/v1/wallets/${acme.walletId}`, { body });
    expect(await recharging(stage.app, acme, { ...fields, daily_max_count: 1 })).toMatchObject({
      charges_now_micros: minor * 10_000,
    });
    await expect.poll(() => charges(stage, acme), soon).toEqual([['succeeded', minor]]);
  });
});

describe('PUT /v1/wallets/{id}/auto_recharge', () => {
  const put = (walletId: string, fields: Record<string, unknown>, query = '') =>
    stage.app.request('PUT', `/v1/wallets/${walletId}/auto_recharge${query}`, {
      body: { ...TERMS, ...fields },
    });

  test('says what saving charges at once, with dry_run before it does', async () => {
    const acme = await payer(stage, 5);
    const dry = await put(acme.walletId, {}, '?dry_run=true');
    expect(dry.body).toMatchObject({ charges_now_micros: 25 * UNIT });
    const none = await stage.app.request('GET', `/v1/wallets/${acme.walletId}/auto_recharge`);
    expect(none.status).toBe(404);
    expect((await put(acme.walletId, {})).body).toMatchObject({ charges_now_micros: 25 * UNIT });
    await expect.poll(() => stage.posted(acme.walletId), soon).toBe(30 * UNIT);
    expect(await charges(stage, acme)).toHaveLength(1);
  });

  test('without a saved card, or with another customer’s: card_not_saved', async () => {
    const walletId = await wallet(stage.app, await organization(stage.app, 'New'));
    const [acme, other] = [await payer(stage), await payer(stage)];
    for (const answer of [
      await put(walletId, {}),
      await put(acme.walletId, { payment_method: other.card }),
    ]) {
      expect(answer.status).toBe(422);
      expect(answer.body).toMatchObject({ error: { code: 'card_not_saved', type: 'request' } });
    }
  });

  test.each([
    [{ amount_micros: undefined }],
    [{ target_micros: 50 * UNIT }],
    [{ amount_micros: undefined, target_micros: 10 * UNIT }],
    [{ amount_micros: 25_000_001 }],
    [{ amount_micros: 1 }],
    [{ daily_max_micros: 24 * UNIT }],
    [{ monthly_max_micros: 24 * UNIT }],
    [{ failures_max: 0 }],
    [{ cool_off_seconds: 86_401 }],
    [{ return_url: 'javascript:alert(1)' }],
  ])('%j is refused, and nothing is set', async (fields) => {
    const acme = await payer(stage);
    expect((await put(acme.walletId, fields)).status).toBe(400);
    expect(await stage.app.core.directory.autoRecharges.get(acme.walletId)).toBeUndefined();
  });

  test('a unit of one’s own cannot be charged to a card', async () => {
    const { organizationId } = await payer(stage);
    const walletId = await wallet(stage.app, organizationId, 0, { currency: 'credit' });
    expect((await put(walletId, {})).body).toMatchObject({
      error: { code: 'invalid_request', param: 'wallet_id' },
    });
  });

  test('DELETE switches it off', async () => {
    const acme = await payer(stage);
    await recharging(stage.app, acme);
    const path = `/v1/wallets/${acme.walletId}/auto_recharge`;
    expect((await stage.app.request('DELETE', path)).status).toBe(200);
    expect((await stage.app.request('DELETE', path)).status).toBe(404);
    await spend(stage.app, acme, 95);
    const due = await stage.app.core.directory.autoRecharges.due(new Date(), 100);
    expect(due.map(({ walletId }) => walletId)).not.toContain(acme.walletId);
  });
});
