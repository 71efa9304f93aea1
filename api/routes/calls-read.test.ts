/** Finding calls: by whom, under which id, in which order, and why. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiKey } from '../test/tenants.ts';
import { type CallsDesk, callsDesk, MINUTE, SECOND } from '../webhooks/test/calls-desk.ts';

let desk: CallsDesk;
beforeAll(async () => {
  desk = await callsDesk();
});
afterAll(() => desk.app.stop());

describe('finding a call', () => {
  test('an unknown call is 404, and must end', async () => {
    const check = await desk.post('/v1/calls/nobody/check');
    expect(check.status).toBe(404);
    expect(check.body).toMatchObject({
      endCall: true,
      reason: 'call_not_found',
      error: { type: 'request', code: 'call_not_found', docs: '/docs/errors#call_not_found' },
    });
    expect((await desk.app.request('GET', '/v1/calls/nobody')).status).toBe(404);
    expect((await desk.app.request('GET', '/v1/calls/nobody/explain')).status).toBe(404);
    expect((await desk.post('/v1/calls/nobody/end', { duration_seconds: 1 })).status).toBe(404);
  });

  test('one call_id in two organizations is two calls; a key that could mean both must say', async () => {
    const [one, two] = await Promise.all([desk.payer(200 * SECOND), desk.payer(200 * SECOND)]);
    const call_id = desk.newId();
    const calls = await Promise.all([
      desk.authorize(one.organizationId, { call_id }),
      desk.authorize(two.organizationId, { call_id }),
    ]);
    expect(calls.map((call) => call.status)).toEqual([201, 201]);
    const vague = await desk.app.request('GET', `/v1/calls/${call_id}`);
    expect(vague.body.error).toMatchObject({ code: 'ambiguous_call', param: 'organization_id' });
    const query = `?organization_id=${two.organizationId}`;
    const said = await desk.app.request('GET', `/v1/calls/${call_id}${query}`);
    expect(said.body.organization_id).toBe(two.organizationId);
    const key = await apiKey(desk.app, 'organization', one.organizationId);
    const own = await desk.app.request('GET', `/v1/calls/${call_id}`, { key });
    expect(own.body.organization_id).toBe(one.organizationId);
    const foreign = await desk.app.request('GET', `/v1/calls/${call_id}${query}`, { key });
    expect(foreign.status).toBe(404);
    const check = await desk.app.request('POST', `/v1/calls/${call_id}/check${query}`, {
      key,
      body: {},
    });
    expect([check.status, check.body.endCall]).toEqual([404, true]);
  });

  test("a provider's id is linked to one call only", async () => {
    const { organizationId } = await desk.payer(400 * SECOND);
    const [first, second] = [
      await desk.authorize(organizationId),
      await desk.authorize(organizationId),
    ];
    const link = { provider: 'vapi', provider_call_id: desk.newId() };
    const linked = await desk.post(`/v1/calls/${first.body.call_id}/link`, link);
    expect(linked.body).toMatchObject(link);
    expect((await desk.post(`/v1/calls/${first.body.call_id}/link`, link)).status).toBe(200);
    const taken = await desk.post(`/v1/calls/${second.body.call_id}/link`, link);
    expect(taken.body.error).toMatchObject({ code: 'linked_elsewhere' });
  });

  test('a key cannot put another provider id in the place of the one that is known', async () => {
    const { organizationId } = await desk.payer(400 * SECOND);
    const { body } = await desk.authorize(organizationId);
    const path = `/v1/calls/${body.call_id}/link`;
    const link = { provider: 'vapi', provider_call_id: desk.newId() };
    expect((await desk.post(path, link)).status).toBe(200);
    const moved = await desk.post(path, { ...link, provider_call_id: desk.newId() });
    expect([moved.status, moved.body.error]).toMatchObject([409, { code: 'linked_elsewhere' }]);
    expect((await desk.post(path, link)).body).toMatchObject(link);
  });

  test('a list shows the calls of one organization, newest first, page by page', async () => {
    const { organizationId } = await desk.payer(1000 * SECOND);
    const ids: unknown[] = [];
    for (let i = 0; i < 3; i++) ids.unshift((await desk.authorize(organizationId)).body.call_id);
    await desk.post(`/v1/calls/${ids[1]}/end`, { duration_seconds: 1 });
    const list = async (query: string) =>
      (await desk.app.request('GET', `/v1/calls?organization_id=${organizationId}${query}`)).body;
    const first = await list('&limit=2');
    expect(first).toMatchObject({
      data: [{ call_id: ids[0] }, { call_id: ids[1] }],
      has_more: true,
    });
    const second = await list(`&limit=2&starting_after=${ids[1]}`);
    expect(second).toMatchObject({ data: [{ call_id: ids[2] }], has_more: false });
    await expect
      .poll(async () => (await list('&state=captured')).data, { timeout: 60_000 })
      .toMatchObject([{ call_id: ids[1], state: 'captured' }]);
  });

  test('explain tells the story in order, refusals included', async () => {
    const { organizationId, walletId } = await desk.payer(0);
    const fields = { call_id: desk.newId() };
    await desk.authorize(organizationId, fields);
    await desk.post(`/v1/wallets/${walletId}/credits`, { kind: 'deposit', amount_micros: MINUTE });
    await desk.authorize(organizationId, fields);
    await desk.post(`/v1/calls/${fields.call_id}/end`, { duration_seconds: 5 });
    const explain = async () =>
      (await desk.app.request('GET', `/v1/calls/${fields.call_id}/explain`)).body.timeline;
    await expect.poll(explain, { timeout: 60_000 }).toMatchObject([
      {
        kind: 'refused',
        text:
          'Refused: 0.60 usd is needed on the wallet of the client for the least call, and it can ' +
          'spend 0.00 usd (0.00 usd is set aside for other calls).',
        details: { required_micros: MINUTE },
      },
      { kind: 'price', text: 'Price for the client: 0.60 usd a minute, billed by 1/1 s.' },
      {
        kind: 'hold',
        text: 'Authorized: 0.60 usd set aside on the wallet of the client, which pays for 60 s in all.',
        details: { held_delta_micros: MINUTE },
      },
      {
        kind: 'capture',
        text: 'The call ended after 5 s: 0.05 usd taken from the wallet of the client, 0.55 usd given back.',
        details: { amount_micros: -5 * SECOND },
      },
    ]);
  });
});
