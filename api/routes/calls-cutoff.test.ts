import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECOND } from '../webhooks/test/calls-desk.ts';
import { type Placed, type VapiStage, vapiStage } from '../webhooks/test/vapi-stage.ts';

/** Small sums of real time: what the wallet pays for, less the lead, is how long a call may last. */
const POLICY = {
  minimum_seconds: 2,
  quantum_seconds: 10,
  warn_seconds: 8,
  cutoff_lead_seconds: 1,
};
const DEPOSIT = 15 * SECOND;
/** Later than this is not late, but forgotten: how late a busy machine may be is no matter of this test. */
const LATE_MS = 30_000;
/** What comes after what. What came of a push may be noted after the end that it brought. */
const ORDERS = [
  ['price', 'hold', 'answered', 'final', 'warned', 'cutoff_pending', 'push'],
  ['cutoff_pending', 'capture', 'cutoff_confirmed'],
];
/** Takes longer to say than there is time before the cutoff. */
const GOODBYE = 'The money is used up, and so this call ends. '.repeat(4);
/** A machine that stood still brings the top-up too late: then another call is taken. */
const TRIES = 5;

let on: VapiStage;
beforeAll(async () => {
  on = await vapiStage();
});
afterAll(() => on.stop());

async function placed(policy: object = {}, fields: object = {}): Promise<Placed> {
  const call_policy = { ...POLICY, ...policy };
  const payer = await on.desk.payer(DEPOSIT, { call_policy, ...fields });
  const { organizationId } = payer;
  const callId = on.desk.newId();
  const { status, text } = await on.desk.authorize(organizationId, {
    call_id: callId,
    provider: 'vapi',
    max_duration_seconds: 3_600,
  });
  if (status !== 201) throw new Error(text);
  return { ...payer, callId, providerCallId: await on.vapi.place(organizationId, callId) };
}

const until = (read: () => unknown) => expect.poll(read, { timeout: 60_000, interval: 50 });

async function explained(call: Placed): Promise<{ kind: string; text: string }[]> {
  const path = `/v1/calls/${call.callId}/explain?organization_id=${call.organizationId}`;
  return (await on.app.request('GET', path)).body.timeline as { kind: string; text: string }[];
}

async function endedAtCutoff(call: Placed): Promise<{ lateMs: number }> {
  await until(() => on.call(call)).toMatchObject({ state: 'captured' });
  const { cutoff } = await on.call(call);
  const { at, state } = cutoff as { at: string; state: string };
  expect(state).toBe('confirmed');
  const { startedAtMs = 0, durationMs } = await on.truth(call);
  return { lateMs: startedAtMs + durationMs - Date.parse(at) };
}

/** A call whose wallet got money in the last two seconds before its cutoff. */
async function toppedUpInTime(): Promise<{ call: Placed; cutoffAtMs: number }> {
  const credit = { kind: 'deposit', amount_micros: 100 * SECOND };
  for (let time = 0; time < TRIES; time++) {
    const call = await placed();
    const isFinal = { cutoff: { at: expect.any(String) } };
    await until(() => on.call(call)).toMatchObject(isFinal);
    const { cutoff } = await on.call(call);
    const cutoffAtMs = Date.parse((cutoff as { at: string }).at);
    await until(() => cutoffAtMs - Date.now()).toBeLessThan(2_000);
    const { status, text } = await on.desk.post(`/v1/wallets/${call.walletId}/credits`, credit);
    expect(status, text).toBe(201);
    if (Date.now() < cutoffAtMs) return { call, cutoffAtMs };
  }
  throw new Error(`too late, ${TRIES} times`);
}

describe('a call at Vapi whose money ends', { timeout: 180_000 }, () => {
  test('is warned, ended at its cutoff, captured once, and explained', async () => {
    const call = await placed();
    const { lateMs } = await endedAtCutoff(call);
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(LATE_MS);
    await on.expectCharged(call, DEPOSIT);
    // The report says what the end said before, and is the stronger evidence: an adjustment of nothing.
    await until(async () => new Set((await explained(call)).map(({ kind }) => kind))).toEqual(
      new Set([...ORDERS.flat(), 'adjustment']),
    );
    const told = await explained(call);
    for (const kinds of ORDERS) {
      const order = kinds.map((kind) => told.findIndex((item) => item.kind === kind));
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
    for (const { text } of told) expect(text).toMatch(/^[A-Z].*\.$/);
    expect(told.find(({ kind }) => kind === 'final')?.text).toMatch(/^The money has run out: 15 s/);
    const metrics = async () => (await on.app.request('GET', '/metrics')).text;
    await until(metrics).toMatch(/ringfence_time_to_kill_seconds_count\{stage="proven"\} [1-9]/);
    expect(await metrics()).toMatch(
      /ringfence_pushes_total\{provider="vapi",order="end",result="accepted"\} [1-9]/,
    );
    expect(await metrics()).toMatch(/ringfence_live_calls \d/);
  });

  test('goes on when it is topped up two seconds before its cutoff', async () => {
    const { call, cutoffAtMs } = await toppedUpInTime();
    await until(() => Date.now()).toBeGreaterThan(cutoffAtMs + 1_500);
    expect(await on.truth(call)).toMatchObject({ phase: 'live' });
    expect(await on.call(call)).toMatchObject({ state: 'live', cutoff: { state: 'none' } });
    expect((await explained(call)).map(({ kind }) => kind)).toContain('rescued');
    await on.hangUp(call);
  });

  test('hears its goodbye first, where the organization wants that', async () => {
    const policy = { final_action: 'say_then_end', end_message_seconds: 6 };
    const call = await placed(policy, { metadata: { call_goodbye: GOODBYE } });
    await until(() => on.call(call)).toMatchObject({ state: 'captured' });
    const { pushes } = await on.truth(call);
    expect(pushes.map(({ kind }) => kind).slice(0, 2)).toEqual(['say', 'say']);
    expect(await on.call(call)).toMatchObject({ cutoff: { state: 'confirmed' } });
    await on.expectCharged(call, DEPOSIT);
  });
});
