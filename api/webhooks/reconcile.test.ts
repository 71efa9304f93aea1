/** What no webhook told us is found in the provider's own list, and charged once. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { callHoldId, createConnection, keys, partitionOf } from '../../engine/index.ts';
import { SECOND } from './test/calls-desk.ts';
import { type Placed, USUAL_SCRIPT, type VapiStage, vapiStage } from './test/vapi-stage.ts';

const LOST = { webhooks: { '*': { lost: 1 } } };

let on: VapiStage;
beforeAll(async () => {
  on = await vapiStage();
});
beforeEach(() => on.vapi.setFaults(LOST));
afterAll(() => on.stop());

async function mark(): Promise<Date | null> {
  const account = { provider: 'vapi', organizationId: '' };
  return await on.app.core.directory.reconcileMarks.reconciledUntil(account);
}

async function timeline({ callId, organizationId }: Placed): Promise<string[]> {
  const events = await on.app.core.directory.callEvents.list(organizationId, callId);
  return events.map(({ kind }) => kind);
}

async function flushed(call: Placed): Promise<void> {
  const { sequence } = await on.wallet(call);
  await expect.poll(async () => (await on.wallet(call)).ledger_sequence).toBe(sequence);
}

describe('a call whose webhooks are lost', () => {
  test('start and end: captured from the list, once', async () => {
    const call = await on.placed();
    await on.hangUp(call);
    expect(await on.reconcile()).toMatchObject({ complete: true, captured: 1, failed: 0 });
    await on.expectCharged(call);
    const again = await on.reconcile();
    expect(again).toMatchObject({ captured: 0, settled: 0, charged: 0, adopted: 0 });
    expect(again.unchanged).toBe(again.listed);
    await on.expectCharged(call);
  });

  test('start: the clock begins where the provider says, and the end is captured later', async () => {
    const call = await on.placed();
    const { startedAtMs } = await on.live(call);
    await on.reconcile();
    expect(await on.call(call)).toMatchObject({
      state: 'live',
      started_at: new Date(startedAtMs ?? 0).toISOString(),
      provider_call_id: call.providerCallId,
    });
    await on.hangUp(call);
    expect(await on.reconcile()).toMatchObject({ captured: 1 });
    await on.expectCharged(call);
  });

  test('authorize: a live call that nobody checks is adopted, held, ended and captured', async () => {
    const call = await on.placed({ authorize: false });
    await on.live(call);
    expect(await on.reconcile()).toMatchObject({ adopted: 1, refused: 0 });
    expect(await on.call(call)).toMatchObject({ state: 'live', provider: 'vapi' });
    expect((await on.wallet(call)).held_micros).toBeGreaterThan(0);
    await expect.poll(() => timeline(call)).toContain('adopted');
    expect(await on.reconcile()).toMatchObject({ adopted: 0 });
    await on.hangUp(call);
    expect(await on.reconcile()).toMatchObject({ captured: 1, charged: 0 });
    await on.expectCharged(call);
  });

  test('everything, and it is over: charged directly, once', async () => {
    const call = await on.placed({ authorize: false });
    await on.hangUp(call);
    expect(await on.reconcile()).toMatchObject({ charged: 1, failed: 0 });
    await on.expectCharged(call);
    expect(await on.reconcile()).toMatchObject({ charged: 0 });
    await on.expectCharged(call);
  });
});

test('after a recovery live calls without a hold are adopted, without being asked for', async () => {
  const call = await on.placed({ authorize: false });
  await on.live(call);
  await on.app.core.engine.closeGate('a test of the adoption');
  await on.app.core.engine.opened();
  const state = async () => (await on.call(call)).state;
  await expect.poll(state, { timeout: 60_000 }).toBe('live');
  await expect.poll(() => timeline(call)).toContain('adopted');
  await on.hangUp(call);
  await on.reconcile();
  await on.expectCharged(call);
});

test('a live call that nobody can pay for is asked to end, and charged for what it lasted', async () => {
  const call = await on.placed({ authorize: false, depositMicros: 2 * SECOND });
  await on.live(call);
  expect(await on.reconcile()).toMatchObject({ adopted: 0, refused: 1 });
  await expect.poll(() => on.truth(call)).toMatchObject({ phase: 'ended', endedBy: 'pushed' });
  await expect.poll(() => timeline(call)).toContain('adoption_refused');
  expect(await on.reconcile()).toMatchObject({ charged: 1 });
  await on.expectCharged(call, 2 * SECOND);
});

test("a stranger's call is counted and touched by nobody", async () => {
  const before = (await on.reconcile()).foreign;
  const providerCallId = await on.vapi.place('org_of_somebody_else', 'c-foreign');
  const phase = async () => (await on.vapi.truth(providerCallId)).phase;
  await expect.poll(phase).toBe('live');
  expect((await on.reconcile()).foreign).toBe(before + 1);
  expect((await on.vapi.truth(providerCallId)).pushes).toEqual([]);
});

test('duplicates and disorder: one capture, and the list has nothing to add', async () => {
  const disorder = { duplicate: 1, disorder: 0.7, disorderMs: [20, 300] as [number, number] };
  await on.vapi.setFaults({ webhooks: { '*': disorder } });
  const call = await on.placed();
  await on.hangUp(call);
  await expect.poll(() => on.vapi.pending(), { timeout: 60_000 }).toBe(0);
  await expect.poll(async () => (await on.call(call)).state).toBe('captured');
  await on.expectCharged(call);
  expect(await on.reconcile()).toMatchObject({ captured: 0, charged: 0 });
  await on.expectCharged(call);
  await flushed(call);
  const entries = await on.app.request('GET', `/v1/wallets/${call.walletId}/entries?kind=capture`);
  expect(entries.body.data).toHaveLength(1);
});

test.each([
  ['refused', { errorBefore: 1 }],
  ['broken off', { truncated: 1 }],
  ['cut', { resetAfter: 1 }],
])(
  'a list that is %s is never "no calls": the mark stays, and the next pass has all',
  async (_, list) => {
    const call = await on.placed();
    await on.hangUp(call);
    const before = await mark();
    await on.vapi.setFaults({ ...LOST, requests: { list } });
    expect(await on.reconcile()).toMatchObject({ complete: false, captured: 0 });
    expect(await mark()).toEqual(before);
    expect(await on.call(call)).toMatchObject({ state: 'authorized' });
    await on.vapi.setFaults(LOST);
    expect(await on.reconcile()).toMatchObject({ complete: true, captured: 1 });
    expect((await mark())?.getTime()).toBeGreaterThan(before?.getTime() ?? 0);
    await on.expectCharged(call);
  },
);

test('a call older than the hot records is not charged again', async () => {
  const held = await on.placed();
  const charged = await on.placed({ authorize: false });
  await on.hangUp(held);
  await on.hangUp(charged);
  await on.reconcile();
  await Promise.all([flushed(held), flushed(charged)]);
  const redis = createConnection(on.app.core.config.REDIS_URL);
  await redis.connect();
  for (const { organizationId, callId } of [held, charged]) {
    const partition = partitionOf(organizationId, on.app.core.config.RINGFENCE_PARTITIONS);
    const forgotten = await redis.del(
      keys.hold(partition, callHoldId(organizationId, callId)),
      keys.request(partition, organizationId, 'call', callId),
    );
    expect(forgotten).toBeGreaterThan(0);
  }
  redis.disconnect();
  const hourAgo = Date.now() - 3_600_000;
  expect(await on.reconcile(hourAgo)).toMatchObject({ captured: 0, charged: 0, settled: 0 });
  await on.expectCharged(held);
  await on.expectCharged(charged);
});

test('a report that is too large is refused, and its call found in the list by itself', async () => {
  const transcriptBytes = 20 * 1024 * 1024;
  await on.vapi.setScript({ ...USUAL_SCRIPT, talkMs: 300, transcriptBytes });
  await on.vapi.setFaults({ webhooks: { 'status-update ended': { lost: 1 } } });
  const call = await on.placed();
  await expect.poll(() => on.door.answered, { timeout: 60_000 }).toContain(413);
  const state = async () => (await on.call(call)).state;
  await expect.poll(state, { timeout: 60_000 }).toBe('captured');
  await on.expectCharged(call);
});
