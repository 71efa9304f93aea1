/** Redis comes back while Postgres is away: what it has cannot be compared, so the gate stays shut. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type FailingDoor,
  failingDoor,
  postgresFrames,
  type TestDatabase,
  type TestRedis,
  testDatabase,
  testRedis,
} from '../../testing/services.ts';
import { type ApiAnswer, type TestProcess, testProcess } from '../test/process.ts';
import { organization, wallet } from '../test/tenants.ts';
import { MINUTE, SECOND } from '../webhooks/test/calls-desk.ts';
import { sendVapi, VAPI_SECRET, vapiMessage } from '../webhooks/test/messages.ts';

let database: TestDatabase;
let redis: TestRedis;
let door: FailingDoor;
let app: TestProcess;
beforeAll(async () => {
  [database, redis] = await Promise.all([testDatabase(), testRedis()]);
  door = await failingDoor(database.url, postgresFrames);
  app = await testProcess({
    REDIS_URL: redis.url,
    DATABASE_URL: door.url,
    VAPI_WEBHOOK_SECRET: VAPI_SECRET,
  });
  await app.request('PUT', '/v1/prices/voice_minute', {
    body: { unit: 'minute', rate_micros_per_minute: MINUTE, currency: 'usd' },
  });
});
afterAll(async () => {
  door.heal();
  await app.stop();
  await door.stop();
  await redis.stop();
  await database.drop();
});

const PATIENT = { timeout: 60_000 };
const post = (path: string, body: object = {}) => app.request('POST', path, { body });
const codeOf = ({ status, body }: ApiAnswer) => [
  status,
  (body.error as { code?: string } | undefined)?.code,
];

test('nothing is taken up before Postgres is back; live calls go on, and end afterwards, once', async () => {
  const organizationId = await organization(app, 'Payer');
  const walletId = await wallet(app, organizationId, 1_000 * SECOND);
  const told = {
    ...{ organizationId, walletId, providerCallId: 'both-away' },
    ...{ startedAtMs: Date.now() - 10_000, durationMs: 10_000 },
  };
  await sendVapi(app, vapiMessage('assistant-request.inbound', told));
  await sendVapi(app, vapiMessage('status-update.in-progress', told));
  const charge = () => post(`/v1/wallets/${walletId}/charges`, { amount_micros: 1_000 });
  const check = () => post(`/v1/calls/both-away/check?organization_id=${organizationId}`);
  const end = () =>
    post(`/v1/calls/both-away/end?organization_id=${organizationId}`, { duration_seconds: 10 });

  door.sever();
  await redis.kill9();
  expect(codeOf(await charge())).toEqual([503, 'redis_unreachable']);
  await redis.restart();
  // It has tried the gate, and Postgres is why it is shut.
  await expect.poll(async () => codeOf(await charge()), PATIENT).toEqual([503, 'recovering']);
  for (let look = 0; look < 20; look += 1) {
    expect(codeOf(await charge())).toEqual([503, 'recovering']);
    expect((await check()).body).toMatchObject({ endCall: false, reason: 'outage' });
  }
  expect(codeOf(await end())).toEqual([503, 'recovering']);
  const report = vapiMessage('end-of-call-report.completed', told);
  expect((await sendVapi(app, report)).status).toBe(503);

  door.heal();
  await expect.poll(async () => (await end()).status, PATIENT).toBe(200);
  expect((await sendVapi(app, report)).status).toBe(200);
  expect((await charge()).status).toBe(201);
  const { body } = await app.request('GET', `/v1/wallets/${walletId}`);
  expect(body).toMatchObject({ posted_micros: 990 * SECOND - 1_000, held_micros: 0 });
}, 180_000);
