/** While the engine is away: events are kept and applied later, and a call in progress gets answers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECOND } from '../webhooks/test/calls-desk.ts';
import { sendVapi, vapiMessage } from '../webhooks/test/messages.ts';
import { type Stage, stage } from '../webhooks/test/stage.ts';

let on: Stage;
beforeAll(async () => {
  on = await stage();
});
afterAll(() => on.app.stop());

async function ready(): Promise<void> {
  await expect
    .poll(async () => (await on.app.request('GET', '/readyz')).status, { timeout: 60_000 })
    .toBe(200);
}

describe('while Redis is away', () => {
  test('a live call goes on, new ones are refused, and its end is applied afterwards, once', async () => {
    const told = await on.story();
    await sendVapi(on.app, vapiMessage('assistant-request.inbound', told));
    await sendVapi(on.app, vapiMessage('status-update.in-progress', told));
    const end = vapiMessage('end-of-call-report.completed', told);
    const path = `/v1/calls/${told.providerCallId}?organization_id=${told.organizationId}`;
    const paidUntilMs = async () => Date.parse(String((await on.get(path)).authorized_until));
    // It began minutes ago: its hold catches up.
    await expect.poll(paidUntilMs, { timeout: 60_000 }).toBeGreaterThan(Date.now());

    await on.app.kill9Redis();
    try {
      const check = await on.app.request('POST', `/v1/calls/${told.providerCallId}/check`, {
        body: {},
      });
      expect(check.status).toBe(200);
      expect(check.body).toMatchObject({
        endCall: false,
        reason: 'outage',
        available_micros: null,
      });
      const byWebhook = { call_id: told.providerCallId, organization_id: told.organizationId };
      const hook = await sendVapi(on.app, byWebhook, '/webhooks/vapi/status-check');
      expect([hook.status, hook.body.endCall]).toEqual([200, false]);

      const refused = await on.app.request('POST', '/v1/calls', {
        body: { call_id: 'too-late', organization_id: told.organizationId },
      });
      expect(refused.status).toBe(503);
      expect(refused.headers.get('retry-after')).not.toBeNull();

      for (let time = 0; time < 2; time++) {
        const stored = await sendVapi(on.app, end);
        expect(stored.status).toBe(200);
        expect(stored.body).toEqual({ received: true, applied: false, reason: 'stored' });
      }
      const inbox = await on.app.core.directory.inbox.pending();
      expect(inbox.count).toBe(1);
    } finally {
      await on.app.restartRedis();
    }
    await ready();
    await expect
      .poll(async () => (await on.app.core.directory.inbox.pending()).count, { timeout: 60_000 })
      .toBe(0);
    await on.expectCharged(told, told.providerCallId);
  });

  test('a cutoff that was decided before is kept: the outage gives no grace past it', async () => {
    const told = await on.story();
    const body = { call_policy: { on_outage: 'continue', grace_seconds: 600 } };
    await on.app.request('PATCH', `/v1/organizations/${told.organizationId}`, { body });
    const call_id = `strict-${told.providerCallId}`;
    await on.app.request('POST', '/v1/calls', {
      body: { call_id, organization_id: told.organizationId, max_duration_seconds: 10 },
    });
    const path = `/v1/calls/${call_id}/check`;
    const live = await on.app.request('POST', path, { body: { elapsed_seconds: 9 } });
    expect(live.body).toMatchObject({ final: true, reason: 'max_duration', endCall: false });
    expect(live.body.cost_so_far_micros).toBeGreaterThanOrEqual(9 * SECOND);
    await on.app.kill9Redis();
    try {
      await expect
        .poll(async () => (await on.app.request('POST', path, { body: {} })).body, {
          timeout: 60_000,
        })
        .toMatchObject({ endCall: true, reason: 'max_duration' });
    } finally {
      await on.app.restartRedis();
    }
    await ready();
  });
});
