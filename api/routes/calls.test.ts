/** Calls over HTTP, with the real engine: what is held, taken and answered. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiAnswer, type TestApplication, testApplication } from '../test/application.ts';
import { apiKey, organization, wallet } from '../test/tenants.ts';

/** $0.60 a minute at 1/1: a second costs 10,000 micros. */
const SECOND = 10_000;
const MINUTE = 60 * SECOND;

let app: TestApplication;
beforeAll(async () => {
  app = await testApplication();
  const rate = { unit: 'minute', rate_micros_per_minute: MINUTE, increment: '1/1' };
  await put('/v1/prices/voice_minute', { ...rate, currency: 'usd' });
});
afterAll(() => app.stop());

let calls = 0;
const newId = () => `c-${calls++}`;

async function put(path: string, body: unknown): Promise<ApiAnswer> {
  const answer = await app.request('PUT', path, { body });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer;
}

/** An organization with money in its wallet. */
async function payer(depositMicros: number, fields: Record<string, unknown> = {}) {
  const organizationId = await organization(app, 'Payer', fields);
  const walletId = await wallet(app, organizationId, depositMicros);
  return { organizationId, walletId };
}

const post = (path: string, body: unknown = {}) => app.request('POST', path, { body });
const authorize = (organizationId: string, fields: Record<string, unknown> = {}) =>
  post('/v1/calls', { call_id: newId(), organization_id: organizationId, ...fields });
const state = async (walletId: string) =>
  (await app.request('GET', `/v1/wallets/${walletId}`)).body;

describe('POST /v1/calls', () => {
  test('holds the first quantum and says how far the money goes', async () => {
    const { organizationId, walletId } = await payer(200 * SECOND);
    const answer = await authorize(organizationId, { provider: 'vapi', call_id: 'hello' });
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
    expect(await state(walletId)).toMatchObject({ held_micros: 75 * SECOND, live_calls: 1 });
  });

  test('fifty at once with one call_id make one hold and one answer', async () => {
    const { organizationId, walletId } = await payer(200 * SECOND);
    const fields = { call_id: newId(), provider: 'retell', destination: '+14155550100' };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => authorize(organizationId, fields)),
    );
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    expect(answers.map((answer) => answer.status)).toEqual(Array(50).fill(201));
    const replayed = answers.filter((answer) => answer.headers.get('idempotency-replayed'));
    expect(replayed).toHaveLength(49);
    expect(await state(walletId)).toMatchObject({ held_micros: 75 * SECOND });
  });

  test('many at once hold no more than the money there is, and the others hear why', async () => {
    const { organizationId, walletId } = await payer(10 * 75 * SECOND);
    const answers = await Promise.all(Array.from({ length: 40 }, () => authorize(organizationId)));
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
    const { organizationId, walletId } = await payer(59 * SECOND);
    const fields = { call_id: newId() };
    expect((await authorize(organizationId, fields)).status).toBe(402);
    await post(`/v1/wallets/${walletId}/credits`, { kind: 'deposit', amount_micros: SECOND });
    const answer = await authorize(organizationId, fields);
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ granted_seconds: 60, held_micros: 60 * SECOND });
  });

  test('the same call_id with another body is a conflict', async () => {
    const { organizationId } = await payer(200 * SECOND);
    const fields = { call_id: newId() };
    await authorize(organizationId, fields);
    const other = await authorize(organizationId, { ...fields, max_duration_seconds: 60 });
    expect(other.status).toBe(409);
    expect(other.body.error).toMatchObject({ code: 'idempotency_conflict' });
  });

  test('a cap is never set above what is affordable: less than a minute is no Retell call', async () => {
    const { organizationId } = await payer(50 * SECOND, { call_policy: { minimum_seconds: 10 } });
    const retell = await authorize(organizationId, { provider: 'retell' });
    expect(retell.status).toBe(402);
    const vapi = await authorize(organizationId, { provider: 'vapi' });
    expect(vapi.body).toMatchObject({ provider_cap_seconds: 50, granted_seconds: 50 });
  });

  test('without billing everything passes, nothing is charged, usage is recorded', async () => {
    const { organizationId, walletId } = await payer(0, { billing_enabled: false });
    const call = await authorize(organizationId);
    expect(call.body).toMatchObject({ held_micros: 0, affordable_seconds: null });
    const ended = await post(`/v1/calls/${call.body.call_id}/end`, { duration_seconds: 600 });
    expect(ended.body).toMatchObject({ captured_micros: 0, duration_seconds: 600 });
    expect(await state(walletId)).toMatchObject({ posted_micros: 0, held_micros: 0 });
  });

  test('refuses what it cannot price or pay from, and says which', async () => {
    const { organizationId } = await payer(200 * SECOND);
    const stranger = await payer(200 * SECOND);
    const euros = await wallet(app, organizationId, 0, { currency: 'eur' });
    const codeOf = async (fields: Record<string, unknown>) => {
      const answer = await authorize(organizationId, fields);
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
    const agency = await payer(agencyMicros);
    const client = await payer(1000 * SECOND, { parent_id: agency.organizationId });
    await put('/v1/prices/voice_minute', {
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
    const call = await authorize(client.organizationId);
    expect(call.body.legs).toMatchObject([
      { wallet_id: client.walletId, role: 'client', held_micros: 75 * SECOND },
      { wallet_id: agency.walletId, role: 'agency', held_micros: 60 * SECOND },
    ]);
    const ended = await post(`/v1/calls/${call.body.call_id}/end`, { duration_seconds: 61 });
    expect(ended.body.legs).toMatchObject([
      { captured_micros: 61 * SECOND, held_micros: 0 },
      { captured_micros: 60 * SECOND, held_micros: 0 },
    ]);
  });

  test('is refused by name when the agency is short, and nothing is held anywhere', async () => {
    const { agency, client } = await family(29 * SECOND);
    const answer = await authorize(client.organizationId);
    expect(answer.status).toBe(402);
    expect(answer.body.error).toMatchObject({
      details: { wallet_id: agency.walletId, role: 'agency', required_micros: 30 * SECOND },
    });
    expect(await state(client.walletId)).toMatchObject({ held_micros: 0, live_calls: 0 });
    expect(await state(agency.walletId)).toMatchObject({ held_micros: 0, live_calls: 0 });
  });

  test('whose agency prices other services only has no price for this one', async () => {
    const agency = await payer(0);
    const client = await payer(1000 * SECOND, { parent_id: agency.organizationId });
    await put('/v1/prices/sms_segment', {
      organization_id: agency.organizationId,
      book: 'wholesale',
      unit: 'segment',
      unit_price_micros: 1,
      currency: 'usd',
    });
    const answer = await authorize(client.organizationId);
    expect(answer.body.error).toMatchObject({
      code: 'price_not_found',
      details: { book: 'wholesale' },
    });
  });
});

describe('start, check and end', () => {
  test('ringing costs nothing; after the answer the clock runs', async () => {
    const { organizationId } = await payer(200 * SECOND);
    const { body } = await authorize(organizationId);
    const path = `/v1/calls/${body.call_id}`;
    const ringing = await post(`${path}/check`);
    expect(ringing.status).toBe(200);
    expect(ringing.body).toMatchObject({ endCall: false, final: false, cost_so_far_micros: 0 });
    const started = await post(`${path}/start`);
    expect(started.body).toMatchObject({ state: 'live' });
    expect((await post(`${path}/start`)).body.started_at).toBe(started.body.started_at);
    const live = await post(`${path}/check`, { elapsed_seconds: 30 });
    expect(live.body).toMatchObject({
      endCall: false,
      granted_seconds: expect.any(Number),
      next_check_in_seconds: 60,
    });
    expect(live.body.granted_seconds).toBeGreaterThanOrEqual(105);
    expect(live.body.cost_so_far_micros).toBeGreaterThanOrEqual(30 * SECOND);
  });

  test('a call whose money is used up must end, with the reason and the figures', async () => {
    const { organizationId } = await payer(100 * SECOND);
    const { body } = await authorize(organizationId);
    const path = `/v1/calls/${body.call_id}/check`;
    const soon = await post(path, { elapsed_seconds: 60 });
    expect(soon.body).toMatchObject({
      endCall: false,
      final: true,
      reason: 'insufficient_funds',
      granted_seconds: 100,
      available_micros: 0,
    });
    expect(soon.body.seconds_left).toBeGreaterThanOrEqual(35);
    expect(soon.body.next_check_in_seconds).toBeLessThanOrEqual(37);
    const over = await post(path, { elapsed_seconds: 98 });
    expect(over.body).toMatchObject({ endCall: true, final: true, reason: 'insufficient_funds' });
    expect(over.body.seconds_left).toBe(0);
  });

  test.each([
    [59.2, '60/60', 60],
    [59.2, '6/6', 60],
    [59.2, '1/1', 60],
    [60.1, '60/60', 120],
    [60.1, '1/1', 61],
    [0, '60/60', 0],
    [61, 'exact', 61],
  ])('%d s at %s is billed as %i s', async (seconds, increment, billed) => {
    const { organizationId } = await payer(500 * SECOND);
    await put('/v1/prices/voice_minute', {
      organization_id: organizationId,
      unit: 'minute',
      rate_micros_per_minute: MINUTE,
      increment,
      currency: 'usd',
    });
    const { body } = await authorize(organizationId);
    const ended = await post(`/v1/calls/${body.call_id}/end`, { duration_seconds: seconds });
    expect(ended.body).toMatchObject({
      state: 'captured',
      duration_seconds: seconds,
      captured_micros: billed * SECOND,
      held_micros: 0,
      affordable_seconds: null,
    });
  });

  test('nobody answered: nothing is taken, whatever time went by', async () => {
    const { organizationId, walletId } = await payer(200 * SECOND);
    const { body } = await authorize(organizationId);
    const ended = await post(`/v1/calls/${body.call_id}/end`, {
      duration_seconds: 25,
      outcome: 'no_answer',
    });
    expect(ended.body).toMatchObject({ captured_micros: 0, outcome: 'no_answer' });
    expect(await state(walletId)).toMatchObject({ posted_micros: 200 * SECOND, held_micros: 0 });
  });

  test('a second end with no better evidence gets the first result', async () => {
    const { organizationId, walletId } = await payer(200 * SECOND);
    const { body } = await authorize(organizationId);
    const path = `/v1/calls/${body.call_id}/end`;
    const first = await post(path, { duration_seconds: 20, outcome: 'completed' });
    const second = await post(path, { duration_seconds: 90, outcome: 'failed' });
    expect(second.status).toBe(200);
    expect(second.text).toBe(first.text);
    expect(await state(walletId)).toMatchObject({ posted_micros: 180 * SECOND });
  });

  test('a call longer than its money is taken in full and the shortfall told', async () => {
    const { organizationId, walletId } = await payer(80 * SECOND);
    const { body } = await authorize(organizationId);
    const ended = await post(`/v1/calls/${body.call_id}/end`, { duration_seconds: 100 });
    expect(ended.body).toMatchObject({
      captured_micros: 100 * SECOND,
      shortfall_micros: 20 * SECOND,
    });
    expect(await state(walletId)).toMatchObject({ posted_micros: -20 * SECOND });
  });

  test('a closed call must end; authorizing it again is told what became of it', async () => {
    const { organizationId } = await payer(200 * SECOND);
    const fields = { call_id: newId() };
    await authorize(organizationId, fields);
    await post(`/v1/calls/${fields.call_id}/end`, { duration_seconds: 5 });
    const check = await post(`/v1/calls/${fields.call_id}/check`);
    expect(check.status).toBe(200);
    expect(check.body).toMatchObject({ endCall: true, reason: 'call_closed' });
    const start = await post(`/v1/calls/${fields.call_id}/start`);
    expect(start.body.error).toMatchObject({ code: 'hold_closed' });
    const other = await authorize(organizationId, { ...fields, max_duration_seconds: 9 });
    expect(other.body.error).toMatchObject({
      code: 'hold_closed',
      details: { call: { captured_micros: 5 * SECOND } },
    });
  });

  test.each([[-1], [86_401], ['5'], [null], [undefined]])('%j is no duration', async (seconds) => {
    const { organizationId, walletId } = await payer(200 * SECOND);
    const { body } = await authorize(organizationId);
    const path = `/v1/calls/${body.call_id}/end`;
    expect((await post(path, { duration_seconds: seconds })).status).toBe(400);
    expect(await state(walletId)).toMatchObject({ held_micros: 75 * SECOND });
  });
});

describe('finding a call', () => {
  test('an unknown call is 404, and must end', async () => {
    const check = await post('/v1/calls/nobody/check');
    expect(check.status).toBe(404);
    expect(check.body).toMatchObject({
      endCall: true,
      reason: 'call_not_found',
      error: { code: 'call_not_found' },
    });
    expect((await app.request('GET', '/v1/calls/nobody')).status).toBe(404);
    expect((await app.request('GET', '/v1/calls/nobody/explain')).status).toBe(404);
    expect((await post('/v1/calls/nobody/end', { duration_seconds: 1 })).status).toBe(404);
  });

  test('one call_id in two organizations is two calls; a key that could mean both must say', async () => {
    const [one, two] = await Promise.all([payer(200 * SECOND), payer(200 * SECOND)]);
    const call_id = newId();
    const calls = await Promise.all([
      authorize(one.organizationId, { call_id }),
      authorize(two.organizationId, { call_id }),
    ]);
    expect(calls.map((call) => call.status)).toEqual([201, 201]);
    const vague = await app.request('GET', `/v1/calls/${call_id}`);
    expect(vague.body.error).toMatchObject({ code: 'ambiguous_call', param: 'organization_id' });
    const query = `?organization_id=${two.organizationId}`;
    const said = await app.request('GET', `/v1/calls/${call_id}${query}`);
    expect(said.body.organization_id).toBe(two.organizationId);
    const key = await apiKey(app, 'organization', one.organizationId);
    const own = await app.request('GET', `/v1/calls/${call_id}`, { key });
    expect(own.body.organization_id).toBe(one.organizationId);
    const foreign = await app.request('GET', `/v1/calls/${call_id}${query}`, { key });
    expect(foreign.status).toBe(404);
    const check = await app.request('POST', `/v1/calls/${call_id}/check${query}`, {
      key,
      body: {},
    });
    expect([check.status, check.body.endCall]).toEqual([404, true]);
  });

  test("a provider's id is linked to one call only", async () => {
    const { organizationId } = await payer(400 * SECOND);
    const [first, second] = [await authorize(organizationId), await authorize(organizationId)];
    const link = { provider: 'vapi', provider_call_id: newId() };
    const linked = await post(`/v1/calls/${first.body.call_id}/link`, link);
    expect(linked.body).toMatchObject(link);
    expect((await post(`/v1/calls/${first.body.call_id}/link`, link)).status).toBe(200);
    const taken = await post(`/v1/calls/${second.body.call_id}/link`, link);
    expect(taken.body.error).toMatchObject({ code: 'linked_elsewhere' });
  });

  test('a list shows the calls of one organization, newest first, page by page', async () => {
    const { organizationId } = await payer(1000 * SECOND);
    const ids: unknown[] = [];
    for (let i = 0; i < 3; i++) ids.unshift((await authorize(organizationId)).body.call_id);
    await post(`/v1/calls/${ids[1]}/end`, { duration_seconds: 1 });
    const list = async (query: string) =>
      (await app.request('GET', `/v1/calls?organization_id=${organizationId}${query}`)).body;
    const first = await list('&limit=2');
    expect(first).toMatchObject({
      data: [{ call_id: ids[0] }, { call_id: ids[1] }],
      has_more: true,
    });
    const second = await list(`&limit=2&starting_after=${ids[1]}`);
    expect(second).toMatchObject({ data: [{ call_id: ids[2] }], has_more: false });
    await expect
      .poll(async () => (await list('&state=captured')).data, { timeout: 5000 })
      .toMatchObject([{ call_id: ids[1], state: 'captured' }]);
  });

  test('explain tells the story in order, refusals included', async () => {
    const { organizationId, walletId } = await payer(0);
    const fields = { call_id: newId() };
    await authorize(organizationId, fields);
    await post(`/v1/wallets/${walletId}/credits`, { kind: 'deposit', amount_micros: MINUTE });
    await authorize(organizationId, fields);
    await post(`/v1/calls/${fields.call_id}/end`, { duration_seconds: 5 });
    const explain = async () =>
      (await app.request('GET', `/v1/calls/${fields.call_id}/explain`)).body.timeline;
    await expect.poll(explain, { timeout: 5000 }).toMatchObject([
      { kind: 'refused', details: { required_micros: MINUTE } },
      { kind: 'hold', details: { held_delta_micros: MINUTE } },
      { kind: 'capture', details: { amount_micros: -5 * SECOND } },
    ]);
  });
});
