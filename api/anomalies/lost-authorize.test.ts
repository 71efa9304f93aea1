/** A live call that a wiped Redis has forgotten, whose process died, and that nobody ever checks. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type TestDatabase,
  type TestRedis,
  testDatabase,
  testRedis,
} from '../../testing/services.ts';
import { type TestProcess, testProcess } from '../test/process.ts';
import { organization, wallet } from '../test/tenants.ts';
import { VAPI_SECRET } from '../webhooks/test/messages.ts';
import { VAPI_KEY, type VapiProcess, vapiProcess } from '../webhooks/test/vapi-process.ts';
import { USUAL_SCRIPT } from '../webhooks/test/vapi-stage.ts';
import { expectPaid, expectVerified, priced, SECOND } from './test/accounts.ts';

const NOBODY = 'http://127.0.0.1:9';
const PATIENT = { timeout: 60_000, interval: 100 };
/** Vapi takes no cap below ten seconds. */
const PAID_SECONDS = 12;
/** Between the cutoff and the end at the provider: more than a machine that is busy takes. */
const REACTION_SECONDS = 120;

let redis: TestRedis;
let database: TestDatabase;
let vapi: VapiProcess;
let env: Record<string, string>;
beforeAll(async () => {
  [redis, database, vapi] = await Promise.all([
    testRedis(),
    testDatabase(),
    vapiProcess(NOBODY, VAPI_SECRET),
  ]);
  await vapi.setScript(USUAL_SCRIPT);
  await vapi.setFaults({ webhooks: { '*': { lost: 1 } } });
  env = {
    REDIS_URL: redis.url,
    DATABASE_URL: database.url,
    VAPI_API_KEY: VAPI_KEY,
    VAPI_BASE_URL: vapi.url,
    RINGFENCE_DEV: '1',
  };
}, 180_000);
afterAll(async () => {
  await vapi.stop();
  await redis.stop();
  await database.drop();
});

async function payer(process: TestProcess) {
  await priced({ sound: process });
  const call_policy = { minimum_seconds: 1, quantum_seconds: 5, cutoff_lead_seconds: 0 };
  const organizationId = await organization(process, 'Payer', { call_policy });
  return { organizationId, walletId: await wallet(process, organizationId, PAID_SECONDS * SECOND) };
}

test('it is adopted, held, ended when its money ends, and captured, once', async () => {
  const first = await testProcess(env);
  const { organizationId, walletId } = await payer(first);
  await first.stop();

  // No flusher comes by before Redis is lost.
  const doomed = await testProcess(env, { background: false });
  const body = { call_id: 'lost', organization_id: organizationId, provider: 'vapi' };
  const authorized = await doomed.request('POST', '/v1/calls', { body });
  expect(authorized.status, authorized.text).toBe(201);
  const providerCallId = await vapi.place(organizationId, 'lost');
  const truth = () => vapi.truth(providerCallId);
  await expect.poll(async () => (await truth()).phase, PATIENT).toBe('live');
  await doomed.stop();
  await redis.wipe();

  const next = await testProcess(env);
  try {
    const path = `/v1/calls/lost?organization_id=${organizationId}`;
    const state = async () => (await next.request('GET', path)).body.state;
    const kinds = async () => {
      const events = await next.core.directory.callEvents.list(organizationId, 'lost');
      return events.map(({ kind }) => kind);
    };
    await expect.poll(kinds, PATIENT).toContain('adopted');
    await expect.poll(state, PATIENT).toBe('captured');
    const { durationMs, endedBy } = await truth();
    expect(endedBy).toBe('pushed');
    const seconds = Math.ceil(durationMs / 1_000);
    expect(seconds).toBeGreaterThanOrEqual(PAID_SECONDS);
    expect(seconds).toBeLessThan(PAID_SECONDS + REACTION_SECONDS);
    const stage = { sound: next };
    await expectPaid(stage, walletId, seconds * SECOND, PAID_SECONDS * SECOND);
    await expectVerified(stage);
  } finally {
    await next.stop();
  }
}, 450_000);
