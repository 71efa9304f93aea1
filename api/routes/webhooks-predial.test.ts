/** A campaign asks before it calls: a real look at price and money, and nothing is held for it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countTurns } from '../../testing/turns.ts';
import { type CallsDesk, callsDesk, MINUTE, SECOND } from '../webhooks/test/calls-desk.ts';
import { sendVapi, VAPI_SECRET } from '../webhooks/test/messages.ts';

let desk: CallsDesk;
beforeAll(async () => {
  desk = await callsDesk({ VAPI_WEBHOOK_SECRET: VAPI_SECRET });
});
afterAll(() => desk.app.stop());

let campaigns = 0;

/** An account at Vapi that is bound to this organization. */
async function campaignOf(organizationId: string, fields: object = {}): Promise<string> {
  const account = `vapi-org-${campaigns++}`;
  await desk.put(`/v1/provider_bindings/vapi/account/${account}`, {
    organization_id: organizationId,
    ...fields,
  });
  return account;
}

const contact = (orgId: string) => ({
  message: {
    type: 'campaign.predial',
    timestamp: Date.now(),
    campaignId: 'campaign',
    contact: { id: 'contact', campaignId: 'campaign', orgId, number: '+14155550100' },
  },
});

async function eligible(account: string): Promise<unknown> {
  const answer = await sendVapi(desk.app, contact(account));
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
}

const YES = { eligible: true };
const NO = { eligible: false };

describe('a contact may be called', () => {
  test('while the least that a call needs is there, and nothing is held for it', async () => {
    const { organizationId, walletId } = await desk.payer(MINUTE);
    const account = await campaignOf(organizationId);
    const before = await desk.state(walletId);
    expect(await eligible(account)).toEqual(YES);
    const after = await desk.state(walletId);
    expect(after).toMatchObject({ sequence: before.sequence, held_micros: 0, live_calls: 0 });
    expect((await desk.authorize(organizationId)).status).toBe(201);
    expect(await eligible(account)).toEqual(NO);
  });

  test('for nothing, when calls are free or not billed', async () => {
    const unbilled = await desk.payer(0, { billing_enabled: false });
    expect(await eligible(await campaignOf(unbilled.organizationId))).toEqual(YES);
    const free = await desk.payer(0);
    await desk.put('/v1/prices/voice_minute', {
      organization_id: free.organizationId,
      unit: 'minute',
      rate_micros_per_minute: 0,
      currency: 'usd',
    });
    expect(await eligible(await campaignOf(free.organizationId))).toEqual(YES);
  });

  test('from the wallet that the binding names', async () => {
    const { organizationId } = await desk.payer(0);
    const { body } = await desk.post('/v1/wallets', {
      organization_id: organizationId,
      currency: 'usd',
    });
    const rich = String(body.id);
    await desk.post(`/v1/wallets/${rich}/credits`, { kind: 'deposit', amount_micros: MINUTE });
    expect(await eligible(await campaignOf(organizationId))).toEqual(NO);
    expect(await eligible(await campaignOf(organizationId, { wallet_id: rich }))).toEqual(YES);
  });
});

describe('a contact may not be called', () => {
  test('with less than the least, a frozen wallet, or as many live calls as there may be', async () => {
    const poor = await desk.payer(MINUTE - SECOND);
    expect(await eligible(await campaignOf(poor.organizationId))).toEqual(NO);
    const frozen = await desk.payer(10 * MINUTE);
    const path = `/v1/wallets/${frozen.walletId}`;
    await desk.app.request('PATCH', path, { body: { status: 'frozen' } });
    expect(await eligible(await campaignOf(frozen.organizationId))).toEqual(NO);
    const busy = await desk.payer(10 * MINUTE);
    await desk.app.request('PATCH', `/v1/wallets/${busy.walletId}`, {
      body: { max_live_calls: 1 },
    });
    const account = await campaignOf(busy.organizationId);
    expect(await eligible(account)).toEqual(YES);
    expect((await desk.authorize(busy.organizationId)).status).toBe(201);
    expect(await eligible(account)).toEqual(NO);
  });

  test('when the agency above cannot pay its part', async () => {
    const agency = await desk.payer(0);
    const client = await desk.payer(10 * MINUTE, { parent_id: agency.organizationId });
    const account = await campaignOf(client.organizationId);
    expect(await eligible(account)).toEqual(YES);
    await desk.put('/v1/prices/voice_minute', {
      organization_id: agency.organizationId,
      book: 'wholesale',
      unit: 'minute',
      rate_micros_per_minute: SECOND,
      currency: 'usd',
    });
    expect(await eligible(account)).toEqual(NO);
  });

  test('by nobody, or by somebody who is not Vapi', async () => {
    expect(await eligible('nobody-bound-this')).toEqual(NO);
    const { organizationId } = await desk.payer(MINUTE);
    const raw = JSON.stringify(contact(await campaignOf(organizationId)));
    const headers = { authorization: 'Bearer guess' };
    expect((await desk.app.request('POST', '/webhooks/vapi', { raw, headers })).status).toBe(401);
  });

  test('while the engine is away, and says so within the time that Vapi waits', async () => {
    const { organizationId } = await desk.payer(MINUTE);
    const account = await campaignOf(organizationId);
    expect(await eligible(account)).toEqual(YES);
    await desk.app.kill9Redis();
    try {
      const turns = countTurns();
      expect(await eligible(account)).toEqual(NO);
      // Vapi waits 7.5 s. Turns of 10 ms.
      expect(turns.stop()).toBeLessThan(700);
    } finally {
      await desk.app.restartRedis();
    }
  });
});
