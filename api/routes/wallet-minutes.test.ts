import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApplication, testApplication } from '../test/application.ts';
import { organization, wallet } from '../test/tenants.ts';

let app: TestApplication;
beforeAll(async () => {
  app = await testApplication();
});
afterAll(() => app.stop());

async function priced(fields: Record<string, unknown>): Promise<string> {
  const id = await organization(app, 'Priced');
  const answer = await app.request('PUT', '/v1/prices/voice_minute', {
    body: { organization_id: id, unit: 'minute', currency: 'usd', ...fields },
  });
  expect(answer.status).toBe(200);
  return id;
}

async function minutesOf(walletId: string) {
  const read = await app.request('GET', `/v1/wallets/${walletId}`);
  return read.body.minutes_remaining;
}

const TEN_CENTS = { rate_micros_per_minute: 100_000, increment: '60/60' };

describe('minutes_remaining', () => {
  test.each([
    [{ ...TEN_CENTS }, 1_000_000, {}, 10],
    [{ ...TEN_CENTS }, 1_099_999, {}, 10],
    [{ ...TEN_CENTS }, 99_999, {}, 0],
    [{ ...TEN_CENTS }, 1_000_000, { credit_limit_micros: 500_000 }, 15],
    [{ ...TEN_CENTS }, 1_000_000, { cutoff_threshold_micros: 500_000 }, 5],
    [{ ...TEN_CENTS, connection_fee_micros: 50_000 }, 1_000_000, {}, 9],
    [{ rate_micros_per_minute: 100_000, increment: '1/1' }, 199_999, {}, 1],
    [{ rate_micros_per_minute: 0 }, 1_000_000, {}, null],
    [{ rate_micros_per_minute: 0, connection_fee_micros: 5 }, 1_000_000, {}, null],
    [{ rate_micros_per_minute: 0, connection_fee_micros: 5 }, 4, {}, 0],
    [{ ...TEN_CENTS, currency: 'eur' }, 1_000_000, {}, null],
    [{ unit_price_micros: 7 }, 1_000_000, {}, null],
  ])('at %j with %i micros and %j is %j', async (price, deposit, limits, minutes) => {
    const id = await wallet(app, await priced(price), deposit, limits);
    expect(await minutesOf(id)).toBe(minutes);
  });

  test('is null without a price and where billing is off', async () => {
    expect(await minutesOf(await wallet(app, await organization(app, 'None'), 5))).toBeNull();
    const id = await priced(TEN_CENTS);
    await app.request('PATCH', `/v1/organizations/${id}`, { body: { billing_enabled: false } });
    expect(await minutesOf(await wallet(app, id, 5))).toBeNull();
  });

  test('is 0 under the floor, follows holds, and is in every answer of the wallet', async () => {
    const id = await priced(TEN_CENTS);
    const made = await app.request('POST', '/v1/wallets', {
      body: { organization_id: id, currency: 'usd', credit_limit_micros: 300_000 },
    });
    expect(made.body.minutes_remaining).toBe(3);
    const path = `/v1/wallets/${made.body.id}`;
    const held = { wallet_id: made.body.id, amount_micros: 100_000 };
    await app.request('POST', '/v1/holds', { body: held });
    const listed = await app.request('GET', `/v1/wallets?organization_id=${id}`);
    expect(listed.body.data).toMatchObject([{ minutes_remaining: 2 }]);
    const lower = await app.request('PATCH', path, { body: { credit_limit_micros: 0 } });
    expect(lower.body).toMatchObject({ minutes_remaining: 0, level: 'LOW' });
  });

  test('is explained in the OpenAPI document, and so is level', async () => {
    const { body } = await app.request('GET', '/openapi.json');
    const wallets = (body.components as { schemas: Record<string, unknown> }).schemas.Wallet;
    const { properties } = wallets as { properties: Record<string, { description?: string }> };
    expect(properties.minutes_remaining?.description).toMatch(/voice_minute/);
    expect(properties.level?.description).toMatch(/LOW.*OK.*GOOD/s);
  });
});
