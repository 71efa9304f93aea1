/** Authorizing calls over HTTP, with the real engine: what is held, what is refused. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wallet } from '../test/tenants.ts';
import { type CallsDesk, callsDesk, MINUTE, SECOND } from '../webhooks/test/calls-desk.ts';

let desk: CallsDesk;
beforeAll(async () => {
  desk = await callsDesk();
});
afterAll(() => desk.app.stop());

describe('POST /v1/calls', () => {
  test('holds the first quantum and says how far the money goes', async () => {
    const { organizationId, walletId } = await desk.payer(200 * SECOND);
    const answer = await desk.authorize(organizationId, { provider: 'vapi', call_id: 'hello' });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      call_id: 'hello',
      organization_id: organizationId,
      provider: 'vapi',
      provider_metadata: { ringfence: { organization_id: organizationId, call_id: 'hello' } },
      state: 'authorized',
      cutoff: { state: 'none' },
      granted_seconds: 75,
      affordable_seconds: 200,
      provider_cap_seconds: 200,
      held_micros: 75 * SECOND,
      estimated: false,
      legs: [
        {
          wallet_id: walletId,
          role: 'client',
          held_micros: 75 * SECOND,
          price: { rate_micros_per_minute: MINUTE, increment: '1/1' },
        },
      ],
    });
    expect(await desk.state(walletId)).toMatchObject({ held_micros: 75 * SECOND, live_calls: 1 });
  });

  test('fifty at once with one call_id make one hold and one answer', async () => {
    const { organizationId, walletId } = await desk.payer(200 * SECOND);
    const fields = { call_id: desk.newId(), provider: 'retell', destination: '+14155550100' };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => desk.authorize(organizationId, fields)),
    );
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    expect(answers.map((answer) => answer.status)).toEqual(Array(50).fill(201));
    const replayed = answers.filter((answer) => answer.headers.get('idempotency-replayed'));
    expect(replayed).toHaveLength(49);
    expect(await desk.state(walletId)).toMatchObject({ held_micros: 75 * SECOND });
  });

  test('many at once hold no more than the money there is, and the others hear why', async () => {
    const { organizationId, walletId } = await desk.payer(10 * 75 * SECOND);
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => desk.authorize(organizationId)),
    );
    const refused = answers.filter((answer) => answer.status === 402);
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(10);
    expect(refused).toHaveLength(30);
    for (const { body } of refused) {
      expect(body.error).toMatchObject({
        code: 'insufficient_funds',
        details: {
          wallet_id: walletId,
          role: 'client',
          required_micros: 60 * SECOND,
          spendable_micros: 0,
          held_micros: 750 * SECOND,
          retryable: true,
        },
      });
    }
  });

  test('a refused call is authorized under the same call_id after a top-up', async () => {
    const { organizationId, walletId } = await desk.payer(59 * SECOND);
    const fields = { call_id: desk.newId() };
    expect((await desk.authorize(organizationId, fields)).status).toBe(402);
    await desk.post(`/v1/wallets/${walletId}/credits`, { kind: 'deposit', amount_micros: SECOND });
    const answer = await desk.authorize(organizationId, fields);
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ granted_seconds: 60, held_micros: 60 * SECOND });
  });

  test('the same call_id with another body is a conflict', async () => {
    const { organizationId } = await desk.payer(200 * SECOND);
    const fields = { call_id: desk.newId() };
    await desk.authorize(organizationId, fields);
    const other = await desk.authorize(organizationId, { ...fields, max_duration_seconds: 60 });
    expect(other.status).toBe(409);
    expect(other.body.error).toMatchObject({ code: 'idempotency_conflict' });
  });

  test('a cap is never set above what is affordable: less than a minute is no Retell call', async () => {
    const { organizationId } = await desk.payer(50 * SECOND, {
      call_policy: { minimum_seconds: 10 },
    });
    const retell = await desk.authorize(organizationId, { provider: 'retell' });
    expect(retell.status).toBe(402);
    const vapi = await desk.authorize(organizationId, { provider: 'vapi' });
    expect(vapi.body).toMatchObject({ provider_cap_seconds: 50, granted_seconds: 50 });
  });

  test('without billing everything passes, nothing is charged, usage is recorded', async () => {
    const { organizationId, walletId } = await desk.payer(0, { billing_enabled: false });
    const call = await desk.authorize(organizationId);
    expect(call.body).toMatchObject({ held_micros: 0, affordable_seconds: null });
    const ended = await desk.post(`/v1/calls/${call.body.call_id}/end`, { duration_seconds: 600 });
    expect(ended.body).toMatchObject({ captured_micros: 0, duration_seconds: 600 });
    expect(await desk.state(walletId)).toMatchObject({ posted_micros: 0, held_micros: 0 });
  });

  test('refuses what it cannot price or pay from, and says which', async () => {
    const { organizationId } = await desk.payer(200 * SECOND);
    const stranger = await desk.payer(200 * SECOND);
    const euros = await wallet(desk.app, organizationId, 0, { currency: 'eur' });
    const codeOf = async (fields: Record<string, unknown>) => {
      const answer = await desk.authorize(organizationId, fields);
      return [answer.status, (answer.body.error as { code: string }).code];
    };
    expect(await codeOf({ service: 'video_minute' })).toEqual([422, 'price_not_found']);
    expect(await codeOf({ wallet_id: euros })).toEqual([422, 'currency_mismatch']);
    expect(await codeOf({ wallet_id: stranger.walletId })).toEqual([404, 'not_found']);
    expect(await codeOf({ destination: '0415 555' })).toEqual([400, 'invalid_request']);
    expect(await codeOf({ max_duration_seconds: 0 })).toEqual([400, 'invalid_request']);
    expect(await codeOf({ call_id: '' })).toEqual([400, 'invalid_request']);
    expect(await codeOf({ surprise: 1 })).toEqual([400, 'invalid_request']);
  });
});

describe('a client under an agency', () => {
  async function family(agencyMicros: number) {
    const agency = await desk.payer(agencyMicros);
    const client = await desk.payer(1000 * SECOND, { parent_id: agency.organizationId });
    await desk.put('/v1/prices/voice_minute', {
      organization_id: agency.organizationId,
      book: 'wholesale',
      unit: 'minute',
      rate_micros_per_minute: MINUTE / 2,
      increment: '60/60',
      currency: 'usd',
    });
    return { agency, client };
  }

  test('pays retail while the agency pays wholesale, in one step', async () => {
    const { agency, client } = await family(1000 * SECOND);
    const call = await desk.authorize(client.organizationId);
    expect(call.body.legs).toMatchObject([
      { wallet_id: client.walletId, role: 'client', held_micros: 75 * SECOND },
      { wallet_id: agency.walletId, role: 'agency', held_micros: 60 * SECOND },
    ]);
    const ended = await desk.post(`/v1/calls/${call.body.call_id}/end`, { duration_seconds: 61 });
    expect(ended.body.legs).toMatchObject([
      { captured_micros: 61 * SECOND, held_micros: 0 },
      { captured_micros: 60 * SECOND, held_micros: 0 },
    ]);
  });

  test('is refused by name when the agency is short, and nothing is held anywhere', async () => {
    const { agency, client } = await family(29 * SECOND);
    const answer = await desk.authorize(client.organizationId);
    expect(answer.status).toBe(402);
    expect(answer.body.error).toMatchObject({
      details: { wallet_id: agency.walletId, role: 'agency', required_micros: 30 * SECOND },
    });
    expect(await desk.state(client.walletId)).toMatchObject({ held_micros: 0, live_calls: 0 });
    expect(await desk.state(agency.walletId)).toMatchObject({ held_micros: 0, live_calls: 0 });
  });

  test('whose agency prices other services only has no price for this one', async () => {
    const agency = await desk.payer(0);
    const client = await desk.payer(1000 * SECOND, { parent_id: agency.organizationId });
    await desk.put('/v1/prices/sms_segment', {
      organization_id: agency.organizationId,
      book: 'wholesale',
      unit: 'segment',
      unit_price_micros: 1,
      currency: 'usd',
    });
    const answer = await desk.authorize(client.organizationId);
    expect(answer.body.error).toMatchObject({
      code: 'price_not_found',
      details: { book: 'wholesale' },
    });
  });
});
