/** What happens to an authorized call: ringing, talking, running short, over. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CallsDesk, callsDesk, MINUTE, SECOND } from '../webhooks/test/calls-desk.ts';

let desk: CallsDesk;
beforeAll(async () => {
  desk = await callsDesk();
});
afterAll(() => desk.app.stop());

describe('start, check and end', () => {
  test('ringing costs nothing; after the answer the clock runs', async () => {
    const { organizationId } = await desk.payer(200 * SECOND);
    const { body } = await desk.authorize(organizationId);
    const path = `/v1/calls/${body.call_id}`;
    const ringing = await desk.post(`${path}/check`);
    expect(ringing.status).toBe(200);
    expect(ringing.body).toMatchObject({ endCall: false, final: false, cost_so_far_micros: 0 });
    const started = await desk.post(`${path}/start`);
    expect(started.body).toMatchObject({ state: 'live' });
    expect((await desk.post(`${path}/start`)).body.started_at).toBe(started.body.started_at);
    const live = await desk.post(`${path}/check`, { elapsed_seconds: 30 });
    expect(live.body).toMatchObject({
      endCall: false,
      granted_seconds: expect.any(Number),
      next_check_in_seconds: 60,
    });
    expect(live.body.granted_seconds).toBeGreaterThanOrEqual(105);
    expect(live.body.cost_so_far_micros).toBeGreaterThanOrEqual(30 * SECOND);
  });

  test('a call whose money is used up must end, with the reason and the figures', async () => {
    const { organizationId } = await desk.payer(100 * SECOND);
    const { body } = await desk.authorize(organizationId);
    const path = `/v1/calls/${body.call_id}/check`;
    const soon = await desk.post(path, { elapsed_seconds: 60 });
    expect(soon.body).toMatchObject({
      endCall: false,
      final: true,
      reason: 'insufficient_funds',
      granted_seconds: 100,
      available_micros: 0,
    });
    expect(soon.body.seconds_left).toBeGreaterThanOrEqual(35);
    expect(soon.body.next_check_in_seconds).toBeLessThanOrEqual(37);
    const over = await desk.post(path, { elapsed_seconds: 98 });
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
    const { organizationId } = await desk.payer(500 * SECOND);
    await desk.put('/v1/prices/voice_minute', {
      organization_id: organizationId,
      unit: 'minute',
      rate_micros_per_minute: MINUTE,
      increment,
      currency: 'usd',
    });
    const { body } = await desk.authorize(organizationId);
    const ended = await desk.post(`/v1/calls/${body.call_id}/end`, { duration_seconds: seconds });
    expect(ended.body).toMatchObject({
      state: 'captured',
      duration_seconds: seconds,
      captured_micros: billed * SECOND,
      held_micros: 0,
      affordable_seconds: null,
    });
  });

  test('nobody answered: nothing is taken, whatever time went by', async () => {
    const { organizationId, walletId } = await desk.payer(200 * SECOND);
    const { body } = await desk.authorize(organizationId);
    const ended = await desk.post(`/v1/calls/${body.call_id}/end`, {
      duration_seconds: 25,
      outcome: 'no_answer',
    });
    expect(ended.body).toMatchObject({ captured_micros: 0, outcome: 'no_answer' });
    expect(await desk.state(walletId)).toMatchObject({
      posted_micros: 200 * SECOND,
      held_micros: 0,
    });
  });

  test('a second end with no better evidence gets the first result', async () => {
    const { organizationId, walletId } = await desk.payer(200 * SECOND);
    const { body } = await desk.authorize(organizationId);
    const path = `/v1/calls/${body.call_id}/end`;
    const first = await desk.post(path, { duration_seconds: 20, outcome: 'completed' });
    const second = await desk.post(path, { duration_seconds: 90, outcome: 'failed' });
    expect(second.status).toBe(200);
    expect(second.text).toBe(first.text);
    expect(await desk.state(walletId)).toMatchObject({ posted_micros: 180 * SECOND });
  });

  test('a call longer than its money is taken in full and the shortfall told', async () => {
    const { organizationId, walletId } = await desk.payer(80 * SECOND);
    const { body } = await desk.authorize(organizationId);
    const ended = await desk.post(`/v1/calls/${body.call_id}/end`, { duration_seconds: 100 });
    expect(ended.body).toMatchObject({
      captured_micros: 100 * SECOND,
      shortfall_micros: 20 * SECOND,
    });
    expect(await desk.state(walletId)).toMatchObject({ posted_micros: -20 * SECOND });
  });

  test('a closed call must end; authorizing it again is told what became of it', async () => {
    const { organizationId } = await desk.payer(200 * SECOND);
    const fields = { call_id: desk.newId() };
    await desk.authorize(organizationId, fields);
    await desk.post(`/v1/calls/${fields.call_id}/end`, { duration_seconds: 5 });
    const check = await desk.post(`/v1/calls/${fields.call_id}/check`);
    expect(check.status).toBe(200);
    expect(check.body).toMatchObject({ endCall: true, reason: 'call_closed' });
    const start = await desk.post(`/v1/calls/${fields.call_id}/start`);
    expect(start.body.error).toMatchObject({ code: 'hold_closed' });
    const other = await desk.authorize(organizationId, { ...fields, max_duration_seconds: 9 });
    expect(other.body.error).toMatchObject({
      code: 'hold_closed',
      details: { call: { captured_micros: 5 * SECOND } },
    });
  });

  test.each([[-1], [86_401], ['5'], [null], [undefined]])('%j is no duration', async (seconds) => {
    const { organizationId, walletId } = await desk.payer(200 * SECOND);
    const { body } = await desk.authorize(organizationId);
    const path = `/v1/calls/${body.call_id}/end`;
    expect((await desk.post(path, { duration_seconds: seconds })).status).toBe(400);
    expect(await desk.state(walletId)).toMatchObject({ held_micros: 75 * SECOND });
  });
});
