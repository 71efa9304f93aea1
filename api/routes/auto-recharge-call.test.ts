/** A live call whose money ends, at a simulated Vapi, and a saved card at a simulated Stripe. */
import Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SECOND } from '../webhooks/test/calls-desk.ts';
import { attempts, recharging } from '../webhooks/test/recharge-stage.ts';
import { API_KEY, simulatorProcess } from '../webhooks/test/stripe-stage.ts';
import { type Placed, type VapiStage, vapiStage } from '../webhooks/test/vapi-stage.ts';

const POLICY = {
  minimum_seconds: 2,
  quantum_seconds: 15,
  warn_seconds: 2,
  cutoff_lead_seconds: 1,
};
/**
 * Less than two quanta: the one extension takes the last of it and falls short, and the call is final, a quarter
 * of a minute before its cutoff: so long the machine may stand still.
 */
const DEPOSIT = 31 * SECOND;
/** 5 units: the least charge. */
const RECHARGE = 500 * SECOND;
const STRIPE_MS = 2_500;

let simulator: Awaited<ReturnType<typeof simulatorProcess>>;
let stripe: Stripe;
let on: VapiStage;
beforeAll(async () => {
  simulator = await simulatorProcess();
  const { hostname: host, port } = new URL(simulator.url);
  stripe = new Stripe(API_KEY, { host, port, protocol: 'http', telemetry: false });
  on = await vapiStage({ STRIPE_API_KEY: API_KEY, STRIPE_BASE_URL: simulator.url });
});
afterAll(async () => {
  await on.stop();
  await simulator.stop();
});

const until = (read: () => unknown) => expect.poll(read, { timeout: 60_000, interval: 50 });

async function placed(): Promise<Placed> {
  const one = await on.desk.payer(DEPOSIT, { call_policy: POLICY });
  const customer = (await stripe.customers.create({ name: 'Acme' })).id;
  await on.app.core.directory.topUps.keepCustomer(one.organizationId, customer);
  await stripe.paymentMethods.attach('pm_card_visa', { customer });
  // At 0: only when the last of the money is held, and the call has got its cutoff.
  await recharging(on.app, one, { threshold_micros: 0, amount_micros: RECHARGE });
  // Slow enough for the call to have its cutoff set, and to be told of it.
  const faults = { requests: { create: { latencyMs: [STRIPE_MS, STRIPE_MS] } } };
  const init = { method: 'POST', body: JSON.stringify(faults) };
  expect((await fetch(`${simulator.url}/simulation/faults`, init)).ok).toBe(true);
  const callId = on.desk.newId();
  const { status, text, body } = await on.desk.authorize(one.organizationId, {
    call_id: callId,
    provider: 'vapi',
    max_duration_seconds: 3_600,
  });
  if (status !== 201) throw new Error(text);
  // What the wallet can pay now would end the call before it is recharged.
  expect(body.provider_cap_seconds).toBe(3_600);
  const providerCallId = await on.vapi.place(one.organizationId, callId);
  return { ...one, callId, providerCallId };
}

async function kinds({ callId, organizationId }: Placed): Promise<string[]> {
  const path = `/v1/calls/${callId}/explain?organization_id=${organizationId}`;
  const { timeline } = (await on.app.request('GET', path)).body;
  return (timeline as { kind: string }[]).map(({ kind }) => kind);
}

test('a live call is recharged before its cutoff and goes on', { timeout: 270_000 }, async () => {
  const call = await placed();
  await until(() => kinds(call)).toContain('final');
  await until(() => attempts(on.app, call)).toMatchObject([{ state: 'succeeded' }]);
  await until(() => kinds(call)).toContain('rescued');
  const order = (await kinds(call)).filter((kind) => kind === 'final' || kind === 'rescued');
  expect(order).toEqual(['final', 'rescued']);
  const { startedAtMs = 0 } = await on.truth(call);
  // Longer than the money of before would have paid for.
  await until(() => Date.now() - startedAtMs).toBeGreaterThan((DEPOSIT / SECOND) * 1000 + 2_000);
  expect(await on.truth(call)).toMatchObject({ phase: 'live' });
  expect(await on.call(call)).toMatchObject({ state: 'live', cutoff: { state: 'none' } });
  await on.hangUp(call);
  await until(() => on.call(call)).toMatchObject({ state: 'captured', estimated: false });
  await on.expectCharged(call, DEPOSIT + RECHARGE);
  expect((await stripe.paymentIntents.list()).data).toMatchObject([{ amount: 500 }]);
});
