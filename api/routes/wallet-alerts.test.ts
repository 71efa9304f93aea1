/** Alerts by money and by minutes, told through the outbox as the ledger is written. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type TestApplication, testApplication } from '../test/application.ts';
import { organization, wallet } from '../test/tenants.ts';

const SECOND = 1_000_000;

let app: TestApplication;
let organizationId: string;
beforeAll(async () => {
  app = await testApplication();
  organizationId = await organization(app, 'With alerts');
  await app.request('PUT', '/v1/prices/voice_minute', {
    body: {
      unit: 'minute',
      rate_micros_per_minute: 60 * SECOND,
      increment: '1/1',
      currency: 'usd',
      organization_id: organizationId,
    },
  });
});
afterAll(() => app.stop());

async function send(method: string, path: string, body: unknown) {
  const answer = await app.request(method, path, { body });
  if (answer.status >= 300) throw new Error(answer.text);
  return answer.body;
}

/** Once the ledger has everything: what was told of the wallet's alerts. */
async function told(walletId: string) {
  await vi.waitUntil(async () => {
    const { body } = await app.request('GET', `/v1/wallets/${walletId}`);
    return Number(body.sequence) === Number(body.ledger_sequence);
  }, 60_000);
  return await app.core.stores.directory<{ type: string; data: Record<string, unknown> }[]>`
    select type, data from outbox
    where subject = ${walletId} and type like 'wallet.alert%' order by position`;
}

const charge = (walletId: string, amount: number) =>
  send('POST', `/v1/wallets/${walletId}/charges`, { amount_micros: amount });

test('an alert by money is judged at once and at every entry, and keeps its id when it is set again', async () => {
  const walletId = await wallet(app, organizationId, 1_000);
  const alerts = [{ kind: 'available', available_micros: 500 }];
  const path = `/v1/wallets/${walletId}/alerts`;
  const { data } = await send('PUT', path, { alerts });
  expect(data).toMatchObject([{ available_micros: 500, resolve_above_micros: 550 }]);
  await charge(walletId, 500);
  expect(await told(walletId)).toMatchObject([
    { type: 'wallet.alert', data: { available_micros: 500, threshold_micros: 500 } },
  ]);
  const again = await send('PUT', path, {
    alerts: [...alerts, { kind: 'available', available_micros: 700 }],
  });
  expect((again.data as unknown[])[0]).toEqual((data as unknown[])[0]);
  expect((await told(walletId)).map(({ data: { threshold_micros: at } }) => at)).toEqual([
    500, 700,
  ]);
  await send('POST', `/v1/wallets/${walletId}/credits`, { kind: 'bonus', amount_micros: 51 });
  expect((await told(walletId)).at(-1)).toMatchObject({
    type: 'wallet.alert_resolved',
    data: { threshold_micros: 500, available_micros: 551 },
  });
  expect((await app.request('GET', path)).body).toEqual(again);
});

test('an alert by minutes goes by what the open calls cost, those of before included', async () => {
  const walletId = await wallet(app, organizationId, 1_000 * SECOND);
  const call = (callId: string) =>
    send('POST', '/v1/calls', {
      call_id: callId,
      organization_id: organizationId,
      wallet_id: walletId,
    });
  const end = (callId: string) =>
    send('POST', `/v1/calls/${callId}/end?organization_id=${organizationId}`, {
      duration_seconds: 0,
    });
  await call('before');
  const alerts = [{ kind: 'minutes', minutes: 5 }];
  await send('PUT', `/v1/wallets/${walletId}/alerts`, { alerts });
  // 75 s are held for each call: 925 s are left for one, 850 for two, 775 for three, and so on.
  expect(await told(walletId)).toEqual([]);
  await call('second');
  expect(await told(walletId)).toEqual([]);
  await call('third');
  expect(await told(walletId)).toMatchObject([
    {
      type: 'wallet.alert',
      data: { kind: 'minutes', minutes: 5, burn_micros_per_minute: 180 * SECOND },
    },
  ]);
  await end('second');
  await end('third');
  expect((await told(walletId)).at(-1)).toMatchObject({
    type: 'wallet.alert_resolved',
    data: { burn_micros_per_minute: 120 * SECOND },
  });
});

test.each([
  [{ kind: 'available' }],
  [{ kind: 'available', available_micros: 10, resolve_above_micros: 9 }],
  [{ kind: 'available', available_micros: 0.5 }],
  [{ kind: 'minutes', minutes: 0 }],
  [{ kind: 'hours', hours: 1 }],
])('%j is refused, and nothing is changed', async (alert) => {
  const walletId = await wallet(app, organizationId);
  const path = `/v1/wallets/${walletId}/alerts`;
  const answer = await app.request('PUT', path, { body: { alerts: [alert] } });
  expect(answer.status).toBe(400);
  expect((await app.request('GET', path)).body).toEqual({ data: [] });
});
