import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiKey, organization, wallet } from '../test/tenants.ts';
import { type StripeStage, stripeStage } from '../webhooks/test/stripe-stage.ts';

let stage: StripeStage;
let organizationId: string;
let walletId: string;
beforeAll(async () => {
  stage = await stripeStage();
  organizationId = await organization(stage.app, 'Acme');
  walletId = await wallet(stage.app, organizationId);
});
afterAll(() => stage.stop());

const body = { amount_micros: 25_000_000, success_url: 'http://127.0.0.1/done' };
const order = (fields: Record<string, unknown>, idempotencyKey?: string, id = walletId) =>
  stage.app.request('POST', `/v1/wallets/${id}/top_ups`, {
    body: fields,
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  });

describe('POST /v1/wallets/{id}/top_ups', () => {
  test('answers a page to pay on; Stripe has our ids on the session and on the payment', async () => {
    const answer = await order({ ...body, save_card: true });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      wallet_id: walletId,
      state: 'pending',
      charge_minor: 2500,
      charge_micros: 25_000_000,
      charge_currency: 'usd',
      credit_micros: 25_000_000,
      url: expect.stringContaining(`${stage.url}/c/pay/`),
    });
    const labels = {
      ringfence_kind: 'top_up',
      ringfence_organization_id: organizationId,
      ringfence_wallet_id: walletId,
      ringfence_top_up_id: answer.body.id,
    };
    const sessionId = String(answer.body.checkout_session_id);
    expect(await stage.stripe.checkout.sessions.retrieve(sessionId)).toMatchObject({
      metadata: labels,
      client_reference_id: walletId,
    });
    await stage.visit(answer.body, 'pay');
    const session = await stage.stripe.checkout.sessions.retrieve(sessionId, {
      expand: ['payment_intent'],
    });
    expect(session.payment_intent).toMatchObject({
      metadata: labels,
      setup_future_usage: 'off_session',
    });
    const read = await stage.app.request('GET', `/v1/top_ups/${answer.body.id}`);
    expect(read.body).toEqual(answer.body);
  });

  test('one key is one order and one page, however many ask at once; another body a conflict', async () => {
    const before = await stage.app.request('GET', `/v1/top_ups?wallet_id=${walletId}&limit=100`);
    const answers = await Promise.all(Array.from({ length: 8 }, () => order(body, 'one')));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(new Set(answers.map((answer) => answer.body.checkout_session_id)).size).toBe(1);
    const after = await stage.app.request('GET', `/v1/top_ups?wallet_id=${walletId}&limit=100`);
    expect(after.body.data).toHaveLength((before.body.data as unknown[]).length + 1);
    const other = await order({ ...body, amount_micros: 26_000_000 }, 'one');
    expect(other.body).toMatchObject({ error: { code: 'idempotency_conflict' } });
  });

  const pagesOf = async (topUpId: unknown) => {
    const sessions = await stage.stripe.checkout.sessions
      .list({ limit: 100 })
      .autoPagingToArray({ limit: 500 });
    return sessions.filter(({ metadata }) => metadata?.ringfence_top_up_id === topUpId).length;
  };

  // A connection that broke leaves the page to be met again; a failure of Stripe's own is kept under
  // its key, and may have made a page that nobody has.
  test.each([
    ['resetAfter', 1],
    ['errorAfter', 2],
  ])('%s: stripe_unreachable, then the page', async (fault, pages) => {
    await order(body, `${fault} has a customer`);
    await stage.control('faults', { requests: { create: { [fault]: 1 } } });
    const lost = await order(body, fault);
    await stage.control('faults', {});
    expect(lost.status).toBe(503);
    expect(lost.body).toMatchObject({ error: { code: 'stripe_unreachable', type: 'outage' } });
    const again = await order(body, fault);
    expect(again.body).toMatchObject({ state: 'pending', url: expect.stringContaining('/c/pay/') });
    expect(await pagesOf(again.body.id)).toBe(pages);
    expect((await order(body, fault)).body).toEqual(again.body);
  });

  test('a customer who was deleted at Stripe, with the event lost, is made anew', async () => {
    const first = await order(body);
    const session = await stage.stripe.checkout.sessions.retrieve(
      String(first.body.checkout_session_id),
    );
    await stage.stripe.customers.del(String(session.customer));
    for (const key of ['gone', 'gone', 'after']) {
      const answer = await order(body, key);
      expect(answer.status, answer.text).toBe(201);
      expect(await pagesOf(answer.body.id)).toBe(1);
    }
  });

  test.each([
    [{ ...body, amount_micros: 4_999_999 }, 'amount_micros'],
    [{ ...body, amount_micros: 10_000_000_001 }, 'amount_micros'],
    [{ ...body, amount_micros: 25_000_001 }, 'amount_micros'],
    [{ ...body, package_id: 'pkg_1' }, 'amount_micros'],
    [{ success_url: body.success_url }, 'amount_micros'],
    [{ ...body, success_url: 'javascript:alert(1)' }, 'success_url'],
    [{ ...body, success_url: 'https://[' }, 'success_url'],
  ])('%j is refused, naming %s', async (fields, param) => {
    const answer = await order(fields);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: { code: 'invalid_request', param } });
  });

  test('stripe_refused: what Stripe does not take says its own code', async () => {
    const large = { name: 'Large', price_micros: 2_000_000_000_000, price_currency: 'usd' };
    const made = await stage.app.request('POST', '/v1/packages', {
      body: { ...large, credit_micros: 1 },
    });
    const answer = await order({ package_id: made.body.id, success_url: body.success_url });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({
      error: { code: 'stripe_refused', details: { stripe_code: 'amount_too_large' } },
    });
  });
});

describe('packages', () => {
  const credits = {
    name: '100 credits',
    price_micros: 10_000_000,
    price_currency: 'usd',
    credit_micros: 100_000_000,
    wallet_currency: 'credit',
    bonus_micros: 5_000_000,
  };
  const make = async (fields: Record<string, unknown>) => {
    const answer = await stage.app.request('POST', '/v1/packages', { body: fields });
    expect(answer.status, answer.text).toBe(201);
    return String(answer.body.id);
  };
  const buy = (id: string, packageId: string) =>
    order({ package_id: packageId, success_url: body.success_url }, undefined, id);

  test('sell units of one’s own for money; only what is on sale to a wallet can be bought', async () => {
    const other = await organization(stage.app, 'Other');
    const below = await organization(stage.app, 'Below', { parent_id: organizationId });
    const packageId = await make({ ...credits, organization_id: organizationId });
    const mine = await wallet(stage.app, below, 0, { currency: 'credit' });
    const theirs = await wallet(stage.app, other, 0, { currency: 'credit' });
    expect((await buy(mine, packageId)).body).toMatchObject({
      package_id: packageId,
      title: '100 credits',
      charge_minor: 1000,
      charge_currency: 'usd',
      credit_micros: 100_000_000,
      bonus_micros: 5_000_000,
    });
    expect((await buy(theirs, packageId)).status).toBe(404);
    expect((await buy(walletId, packageId)).status).toBe(404);
    const listed = await stage.app.request('GET', `/v1/packages?organization_id=${other}`);
    expect(JSON.stringify(listed.body)).not.toContain(packageId);
    const lost = { package_id: packageId, success_url: body.success_url };
    const before = await order(lost, 'answer lost', mine);
    await stage.app.request('DELETE', `/v1/packages/${packageId}`);
    expect((await buy(mine, packageId)).status).toBe(404);
    // The order was made: its key answers with its page, whatever is on sale now (I8).
    const again = await order(lost, 'answer lost', mine);
    expect([again.status, again.body]).toEqual([201, before.body]);
    const changed = { ...lost, save_card: true };
    expect((await order(changed, 'answer lost', mine)).status).toBe(409);
  });

  test('an agency sells to its own tree, and nothing that makes money', async () => {
    const agencyId = await organization(stage.app, 'Agency');
    const client = await organization(stage.app, 'Client', { parent_id: agencyId });
    const key = await apiKey(stage.app, 'agency', agencyId);
    const fair = {
      name: 'Twenty for twenty',
      price_micros: 20_000_000,
      price_currency: 'usd',
      credit_micros: 18_000_000,
      bonus_micros: 2_000_000,
    };
    const sell = (fields: Record<string, unknown>) =>
      stage.app.request('POST', '/v1/packages', { key, body: { ...fair, ...fields } });
    const made = await sell({ organization_id: agencyId });
    expect(made.status, made.text).toBe(201);
    const mine = await wallet(stage.app, client);
    expect((await buy(mine, String(made.body.id))).body).toMatchObject({ charge_minor: 2000 });
    expect((await buy(walletId, String(made.body.id))).status).toBe(404);
    for (const [fields, status] of [
      [{ organization_id: client, bonus_micros: 2_000_001 }, 403],
      [{ organization_id: client, wallet_currency: 'credit' }, 403],
      [{ organization_id: organizationId }, 404],
      [{}, 403],
    ] as const) {
      expect((await sell(fields)).status, JSON.stringify(fields)).toBe(status);
    }
    const generous = await make({ ...credits, organization_id: agencyId });
    for (const [id, status] of [
      [generous, 403],
      [made.body.id, 200],
    ] as const) {
      expect((await stage.app.request('DELETE', `/v1/packages/${id}`, { key })).status).toBe(
        status,
      );
    }
  });

  test('a price that no card can be charged is refused', async () => {
    const answer = await stage.app.request('POST', '/v1/packages', {
      body: { ...credits, price_micros: 10_000_001 },
    });
    expect(answer.body).toMatchObject({ error: { param: 'price_micros' } });
  });
});
