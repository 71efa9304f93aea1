/** What a client's quote says about the agencies that would pay with it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApplication, testApplication } from '../test/application.ts';
import { organization, wallet } from '../test/tenants.ts';

let app: TestApplication;
beforeAll(async () => {
  app = await testApplication();
});
afterAll(() => app.stop());

/** A client with a thousand micros at 10 a minute, below an agency at 4. */
async function family(agencyMicros: number | undefined, fields: Record<string, unknown> = {}) {
  const agencyId = await organization(app, 'Agency', fields);
  const clientId = await organization(app, 'Client', { parent_id: agencyId });
  if (agencyMicros !== undefined) await wallet(app, agencyId, agencyMicros);
  await wallet(app, clientId, 1_000);
  await put(agencyId, 'retail', 10);
  await put(agencyId, 'wholesale', 4);
  return { agencyId, clientId };
}

async function put(organizationId: string, book: string, rate: number, service = 'voice_minute') {
  const answer = await app.request('PUT', `/v1/prices/${service}`, {
    body: {
      organization_id: organizationId,
      book,
      unit: 'minute',
      rate_micros_per_minute: rate,
      increment: '60/60',
      currency: 'usd',
    },
  });
  expect(answer.status).toBe(200);
}

const quote = (organizationId: string, minutes: number, service = 'voice_minute') =>
  app.request('POST', '/v1/quotes', {
    body: {
      organization_id: organizationId,
      items: [{ service, duration_seconds: minutes * 60 }],
    },
  });

const said = ({ body }: { body: Record<string, unknown> }) => [body.affordable, body.short];

describe('a quote for a client under an agency', () => {
  test.each([
    [400, 100, [true, undefined]],
    [399, 100, [false, 'agency']],
    [400, 101, [false, 'client']],
    [0, 1, [false, 'agency']],
    [undefined, 1, [false, 'agency']],
    [undefined, 0, [true, undefined]],
  ])('with %j micros at the agency, %i minutes: %j', async (micros, minutes, expected) => {
    const { clientId } = await family(micros);
    expect(said(await quote(clientId, minutes))).toEqual(expected);
  });

  test('agrees with the call itself', async () => {
    for (const micros of [3, 4]) {
      const { clientId } = await family(micros, { call_policy: { quantum_seconds: 60 } });
      const quoted = await quote(clientId, 1);
      const call = await app.request('POST', '/v1/calls', {
        body: { call_id: `quoted-${micros}`, organization_id: clientId },
      });
      expect(call.status).toBe(quoted.body.affordable === true ? 201 : 402);
    }
  });

  test('looks at the wallet that would pay: not at a frozen one, nor past a poor one', async () => {
    const { agencyId, clientId } = await family(undefined);
    const frozen = await wallet(app, agencyId, 1_000);
    await app.request('PATCH', `/v1/wallets/${frozen}`, { body: { status: 'frozen' } });
    expect(said(await quote(clientId, 1))).toEqual([false, 'agency']);
    await wallet(app, agencyId, 3);
    await wallet(app, agencyId, 1_000);
    expect(said(await quote(clientId, 1))).toEqual([false, 'agency']);
  });

  test('does not tell the agency’s figures or wallet', async () => {
    const { agencyId, clientId } = await family(3);
    const { text } = await quote(clientId, 1);
    const listed = await app.request('GET', `/v1/wallets?organization_id=${agencyId}`);
    const [agencyWallet] = listed.body.data as { id: string }[];
    expect(text).not.toContain(agencyWallet?.id);
    expect(text).not.toContain('wholesale');
  });

  test('needs a wholesale price for the service once the agency has any, as the call does', async () => {
    const { agencyId, clientId } = await family(1_000);
    await put(agencyId, 'retail', 1, 'voice_minute_premium');
    const answer = await quote(clientId, 1, 'voice_minute_premium');
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ error: { code: 'price_not_found' } });
  });

  test('names the second agency above as such', async () => {
    const topId = await organization(app, 'Top');
    await put(topId, 'wholesale', 2);
    const { clientId } = await family(1_000, { parent_id: topId });
    expect(said(await quote(clientId, 1))).toEqual([false, 'agency_2']);
    await wallet(app, topId, 2);
    expect(said(await quote(clientId, 1))).toEqual([true, undefined]);
  });

  test('counts no leg that is free: billing off at the agency, or at the client', async () => {
    const { agencyId, clientId } = await family(0);
    const off = { body: { billing_enabled: false } };
    await app.request('PATCH', `/v1/organizations/${agencyId}`, off);
    expect(said(await quote(clientId, 100))).toEqual([true, undefined]);
    const second = await family(0);
    await app.request('PATCH', `/v1/organizations/${second.clientId}`, off);
    expect(said(await quote(second.clientId, 1_000))).toEqual([true, undefined]);
  });
});
