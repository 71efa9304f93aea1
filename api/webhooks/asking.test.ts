/** Before a call is judged by time its provider is asked, and what it says is done. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { callHoldId, partitionOf } from '../../engine/index.ts';
import {
  type Asked,
  createApplyRecord,
  createAsking,
  type ProviderClient,
} from '../../kill-switch/index.ts';
import { callRecords } from './doors.ts';
import { SECOND } from './test/calls-desk.ts';
import {
  DEPOSIT,
  type Placed,
  USUAL_SCRIPT,
  type VapiStage,
  vapiStage,
} from './test/vapi-stage.ts';

const LOST = { webhooks: { '*': { lost: 1 } } };
const MINUTE_MS = 60_000;

let on: VapiStage;
let client: ProviderClient;
/** Requests of the asking client, by what was asked. */
let asked: string[] = [];
beforeAll(async () => {
  on = await vapiStage();
  const account = (await on.app.core.clients.accounts())[0];
  if (account === undefined) throw new Error('no client');
  client = account.client;
});
beforeEach(async () => {
  asked = [];
  await on.vapi.setFaults(LOST);
});
afterAll(() => on.stop());

/** Asks as if it were `laterMs` later. */
function ask(call: Pick<Placed, 'organizationId' | 'callId'>, laterMs = 0): Promise<Asked> {
  const { engine, desk, directory, config, log } = on.app.core;
  const { sessions, isOutage } = desk;
  const nowMs = () => Date.now() + laterMs;
  const counting: ProviderClient = {
    ...client,
    fetch(id) {
      asked.push('fetch');
      return client.fetch(id);
    },
    list(since, until) {
      asked.push('list');
      return client.list(since, until);
    },
  };
  const asking = createAsking({
    engine,
    sessions,
    records: callRecords(directory),
    clients: {
      clientFor: async (provider) => (provider === 'vapi' ? counting : undefined),
      accounts: async () => [{ client: counting, organizationId: '' }],
    },
    apply: createApplyRecord({ sessions, engine, nowMs }),
    log,
    isOutage,
    nowMs,
  });
  const partition = partitionOf(call.organizationId, config.RINGFENCE_PARTITIONS);
  return asking.ask(partition, callHoldId(call.organizationId, call.callId));
}

async function authorized(fields: Record<string, unknown> = { provider: 'vapi' }) {
  const { organizationId, walletId } = await on.desk.payer(DEPOSIT);
  const callId = on.desk.newId();
  await on.desk.authorize(organizationId, { call_id: callId, ...fields });
  return { organizationId, walletId, callId, providerCallId: '' };
}

describe('asked about a call', () => {
  test('that lives, under an id nobody told us: found by its metadata, linked and started', async () => {
    const call = await on.placed();
    const { startedAtMs } = await on.live(call);
    expect(await ask(call)).toMatchObject({ status: 'live' });
    expect(asked).toEqual(['list']);
    expect(await on.call(call)).toMatchObject({
      state: 'live',
      started_at: new Date(startedAtMs ?? 0).toISOString(),
      provider_call_id: call.providerCallId,
    });
    expect(await ask(call)).toMatchObject({ status: 'live' });
    expect(asked).toEqual(['list', 'fetch']);
    await on.hangUp(call);
    await ask(call);
  });

  test('that is over: captured from the record', async () => {
    const call = await on.placed();
    await on.hangUp(call);
    expect(await ask(call)).toMatchObject({ status: 'over', effect: 'captured' });
    await on.expectCharged(call);
    expect(await ask(call)).toEqual({ status: 'closed' });
  });

  test('that nobody answered: nothing is taken', async () => {
    await on.vapi.setScript({ ...USUAL_SCRIPT, answer: 'busy' });
    const call = await on.placed();
    await on.vapi.setScript(USUAL_SCRIPT);
    await expect.poll(async () => (await on.truth(call)).phase).toBe('ended');
    expect(await ask(call)).toMatchObject({ status: 'over' });
    expect(await on.call(call)).toMatchObject({ captured_micros: 0, outcome: 'no_answer' });
    expect(await on.wallet(call)).toMatchObject({ posted_micros: DEPOSIT, held_micros: 0 });
  });

  test('that was never placed: voided, but not before it had time to appear', async () => {
    const call = await authorized();
    expect(await ask(call, MINUTE_MS)).toMatchObject({ status: 'not_found' });
    expect(await on.call(call)).toMatchObject({ state: 'authorized' });
    expect(await ask(call, 4 * MINUTE_MS)).toEqual({ status: 'voided' });
    expect(await on.call(call)).toMatchObject({ state: 'voided', captured_micros: 0 });
    expect(await on.wallet(call)).toMatchObject({ posted_micros: DEPOSIT, held_micros: 0 });
  });

  test('voided and placed after all: its record is charged', async () => {
    const call = await authorized();
    expect(await ask(call, 4 * MINUTE_MS)).toEqual({ status: 'voided' });
    const providerCallId = await on.vapi.place(call.organizationId, call.callId);
    const late = { ...call, providerCallId };
    await on.hangUp(late);
    expect(await on.reconcile()).toMatchObject({ settled: 1 });
    await on.expectCharged(late);
  });

  test('whose provider fails: nothing is concluded', async () => {
    const call = await on.placed();
    await on.hangUp(call);
    await on.vapi.setFaults({ ...LOST, requests: { '*': { errorBefore: 1 } } });
    expect(await ask(call, 4 * MINUTE_MS)).toMatchObject({ status: 'cannot_ask' });
    expect(await on.call(call)).toMatchObject({ state: 'authorized' });
    await on.vapi.setFaults(LOST);
    expect(await ask(call)).toMatchObject({ status: 'over' });
  });

  test('without credentials, without a provider, or that is unknown', async () => {
    const elsewhere = await authorized({ provider: 'retell' });
    expect(await ask(elsewhere)).toMatchObject({ status: 'cannot_ask' });
    const plain = await authorized({});
    expect(await ask(plain)).toEqual({ status: 'no_provider' });
    expect(await ask({ ...plain, callId: 'nobody' })).toEqual({ status: 'closed' });
    expect(asked).toEqual([]);
  });
});

describe('the enforcer', () => {
  test('asks when the ringing ran out: a call that talks is held from its answer on', async () => {
    const { organizationId, walletId } = await on.desk.payer(DEPOSIT, {
      call_policy: { ring_timeout_seconds: 5 },
    });
    const callId = on.desk.newId();
    await on.desk.authorize(organizationId, { call_id: callId, provider: 'vapi' });
    const providerCallId = await on.vapi.place(organizationId, callId);
    const call = { organizationId, walletId, callId, providerCallId };
    const { startedAtMs } = await on.live(call);
    await expect
      .poll(() => on.call(call), { timeout: 60_000 })
      .toMatchObject({
        state: 'live',
        estimated: false,
        started_at: new Date(startedAtMs ?? 0).toISOString(),
      });
    const { durationMs } = await on.hangUp(call);
    expect(durationMs).toBeGreaterThan(5_000);
    await on.reconcile();
    await on.expectCharged(call);
    expect((await on.wallet(call)).posted_micros).toBeLessThanOrEqual(DEPOSIT - 6 * SECOND);
  });
});
