/** Redis has no memory left, or no disk: calls in progress go on and end, and nothing is lost. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fullDisk, hasFullDisk, isCluster } from '../../testing/services.ts';
import type { ApiAnswer } from '../test/application.ts';
import { organization, wallet } from '../test/tenants.ts';
import { SECOND } from '../webhooks/test/calls-desk.ts';
import { sendVapi, vapiMessage } from '../webhooks/test/messages.ts';
import { type Stage, stage } from '../webhooks/test/stage.ts';

let on: Stage;
beforeAll(async () => {
  on = await stage();
});
afterAll(() => on.app.stop());

const PATIENT = { timeout: 60_000 };
const POLICY = { minimum_seconds: 1, quantum_seconds: 5, warn_seconds: 0, cutoff_lead_seconds: 0 };

const post = (path: string, body: object = {}) => on.app.request('POST', path, { body });
const codeOf = ({ body }: ApiAnswer) => (body.error as { code?: string } | undefined)?.code;

async function payer(seconds: number) {
  const organizationId = await organization(on.app, 'Payer', { call_policy: POLICY });
  return { organizationId, walletId: await wallet(on.app, organizationId, seconds * SECOND) };
}

let calls = 0;

async function ringing(organizationId: string): Promise<string> {
  const call_id = `full-${calls++}`;
  const { status, text } = await post('/v1/calls', { call_id, organization_id: organizationId });
  if (status !== 201) throw new Error(text);
  return `/v1/calls/${call_id}`;
}

async function refused(answer: Promise<ApiAnswer>): Promise<void> {
  const { status, headers, body } = await answer;
  expect([status, (body.error as { code?: string }).code]).toEqual([503, 'engine_full']);
  expect(headers.get('retry-after')).not.toBeNull();
}

/** The ledger has all of the wallet. */
async function level(walletId: string): Promise<Record<string, unknown>> {
  const state = () => on.get(`/v1/wallets/${walletId}`);
  await expect
    .poll(async () => {
      const { sequence, ledger_sequence } = await state();
      return Number(sequence) === Number(ledger_sequence);
    }, PATIENT)
    .toBe(true);
  return state();
}

describe.skipIf(isCluster)('memory full', () => {
  test('new calls and charges are refused; a call is answered, kept paid by the enforcer, and ended', async () => {
    const { organizationId, walletId } = await payer(1_000);
    const path = await ringing(organizationId);
    const held = await post('/v1/holds', { wallet_id: walletId, amount_micros: 5_000 });
    const hold = `/v1/holds/${held.body.id}`;
    await on.app.redis().config('SET', 'maxmemory', '1');
    try {
      await refused(post('/v1/calls', { call_id: 'too-much', organization_id: organizationId }));
      await refused(post(`/v1/wallets/${walletId}/charges`, { amount_micros: 1 }));
      await refused(post(`/v1/wallets/${walletId}/credits`, { kind: 'deposit', amount_micros: 1 }));
      expect((await post(`${path}/start`)).status).toBe(200);
      const until = async () => Date.parse(String((await on.get(path)).authorized_until));
      const paidUntilMs = await until();
      await expect.poll(until, PATIENT).toBeGreaterThan(paidUntilMs);
      const checked = await post(`${path}/check`);
      expect(checked.body).toMatchObject({ endCall: false, final: false });
      expect(checked.body.reason).toBeUndefined();
      await level(walletId);
      const ended = await post(`${path}/end`, { duration_seconds: 12 });
      expect(ended.body).toMatchObject({ state: 'captured', captured_micros: 12 * SECOND });
      await level(walletId);
      expect((await post(`${hold}/capture`, { amount_micros: 4_000 })).status).toBe(200);
      const posted_micros = 988 * SECOND - 4_000;
      expect(await level(walletId)).toMatchObject({ posted_micros, held_micros: 0, live_calls: 0 });
    } finally {
      await on.app.redis().config('SET', 'maxmemory', '256mb');
    }
    const charge = () => post(`/v1/wallets/${walletId}/charges`, { amount_micros: 1 });
    await expect.poll(async () => (await charge()).status, PATIENT).toBe(201);
  }, 180_000);
});

describe.skipIf(!hasFullDisk)('disk full', () => {
  test('a live call goes on within its grace, its end is kept, and is applied once there is room', async () => {
    const disk = fullDisk(on.app.redisServer);
    const told = await on.story();
    const again = await on.story();
    for (const one of [told, again]) {
      await sendVapi(on.app, vapiMessage('assistant-request.inbound', one));
      await sendVapi(on.app, vapiMessage('status-update.in-progress', one));
    }
    const charge = () => post(`/v1/wallets/${again.walletId}/charges`, { amount_micros: 1 });
    const end = (one: typeof told) =>
      post(`/v1/calls/${one.providerCallId}/end?organization_id=${one.organizationId}`, {
        duration_seconds: one.durationMs / 1_000,
      });
    await disk.fill();
    try {
      await expect.poll(async () => codeOf(await charge()), PATIENT).toBe('engine_full');
      const check = await post(`/v1/calls/${told.providerCallId}/check`);
      expect(check.status).toBe(200);
      expect(check.body).toMatchObject({ endCall: false, reason: 'outage' });
      await refused(end(again));
      const stored = await sendVapi(on.app, vapiMessage('end-of-call-report.completed', told));
      expect([stored.status, stored.body.reason]).toEqual([200, 'stored']);
      // What was acknowledged until then is in the ledger.
      await level(again.walletId);
    } finally {
      await disk.free();
    }
    await expect
      .poll(async () => (await on.app.core.directory.inbox.pending()).count, PATIENT)
      .toBe(0);
    await on.expectCharged(told, told.providerCallId);
    await expect.poll(async () => (await end(again)).status, PATIENT).toBe(200);
    expect(await on.captures(again.walletId)).toHaveLength(1);
  }, 180_000);
});
