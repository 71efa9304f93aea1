/** Calls at a simulated Vapi that tells nothing by itself: dialled, and found in its list. */
import { expect } from 'vitest';
import type { ReconcileReport } from '../../../kill-switch/index.ts';
import { EVERY_ANOMALY } from '../../../testing/services.ts';
import { createReconciling } from '../../compose/reconciling.ts';
import type { TestProcess } from '../../test/process.ts';
import { organization, wallet } from '../../test/tenants.ts';
import type { CallTruth, VapiProcess } from '../../webhooks/test/vapi-process.ts';
import { DEPOSIT, expectPaid, level, type Payer, SECOND } from './accounts.ts';
import { type HurtStage, PATIENT, type Subject, settled } from './hurt.ts';

/** A dial that nobody answered is looked after when its dialler must be dead, and for a while. */
const LOOKED_AFTER = { timeout: 170_000, interval: 500 };

interface Called extends Payer {
  readonly callId: string;
  /** Whom nobody else calls. */
  readonly to: string;
}

let calls = 0;

async function called({ sound }: HurtStage): Promise<Called> {
  // A call that was never placed is given up soon after its ringing.
  const call_policy = { ring_timeout_seconds: 5 };
  const n = calls++;
  const organizationId = await organization(sound, 'Dialler', { call_policy });
  const walletId = await wallet(sound, organizationId, DEPOSIT);
  const to = `+1415557${String(n).padStart(4, '0')}`;
  return { organizationId, walletId, callId: `call-${n}`, to };
}

async function stateOf({ sound }: HurtStage, { callId, organizationId }: Called) {
  const path = `/v1/calls/${callId}?organization_id=${organizationId}`;
  return (await sound.request('GET', path)).body;
}

/** A pass over the provider's list, of which only one call is let through: the others' are not ours. */
async function reconcile({ core }: TestProcess, providerCallId: string): Promise<ReconcileReport> {
  const [account] = await core.clients.accounts();
  if (account === undefined) throw new Error('no client for Vapi');
  const { client } = account;
  const alone = Object.assign(Object.create(client), {
    async *list(since: Date, until: Date) {
      for await (const record of client.list(since, until)) {
        if (record.providerCallId === providerCallId) yield record;
      }
    },
  });
  return await createReconciling(core).reconciler.run({ ...account, client: alone });
}

async function complete(process: TestProcess, providerCallId: string): Promise<boolean> {
  try {
    const report = await reconcile(process, providerCallId);
    if (report.complete) expect(report).toMatchObject({ listed: 1, failed: 0, foreign: 0 });
    return report.complete;
  } catch (error) {
    if (process.core.desk.isOutage(error)) return false;
    throw error;
  }
}

async function live(vapi: VapiProcess, providerCallId: string): Promise<void> {
  const phase = async () => (await vapi.truth(providerCallId)).phase;
  await expect.poll(phase, PATIENT).toBe('live');
}

async function hangUp(vapi: VapiProcess, providerCallId: string): Promise<void> {
  await vapi.endCall(providerCallId);
  const phase = async () => (await vapi.truth(providerCallId)).phase;
  await expect.poll(phase, PATIENT).toBe('ended');
}

/** Hung up if it goes on, found in the list by the sound process, and paid once. */
async function paid(stage: HurtStage, vapi: VapiProcess, call: Called, providerCallId: string) {
  await live(vapi, providerCallId).catch(() => undefined);
  if ((await vapi.truth(providerCallId)).phase === 'live') await hangUp(vapi, providerCallId);
  await expect.poll(() => complete(stage.sound, providerCallId), PATIENT).toBe(true);
  const { durationMs } = await vapi.truth(providerCallId);
  expect(await stateOf(stage, call)).toMatchObject({ state: 'captured', estimated: false });
  await expectPaid(stage, call.walletId, Math.ceil(durationMs / 1_000) * SECOND);
}

/** A call whose end nobody told. */
export async function endedCall(stage: HurtStage, vapi: VapiProcess): Promise<Subject> {
  const call = await called(stage);
  const { callId: call_id, organizationId: organization_id } = call;
  const body = { call_id, organization_id, provider: 'vapi' };
  settled(await stage.sound.request('POST', '/v1/calls', { body }), 201);
  const providerCallId = await vapi.place(organization_id, call_id);
  await live(vapi, providerCallId);
  await hangUp(vapi, providerCallId);
  return {
    act: (process) => complete(process, providerCallId),
    async check() {
      const { durationMs } = await vapi.truth(providerCallId);
      await expectPaid(stage, call.walletId, Math.ceil(durationMs / 1_000) * SECOND);
    },
  };
}

/** A live call that nobody authorized: it is adopted, and later ended and paid. */
export async function strayCall(stage: HurtStage, vapi: VapiProcess): Promise<Subject> {
  const call = await called(stage);
  const providerCallId = await vapi.place(call.organizationId, call.callId);
  await live(vapi, providerCallId);
  return {
    act: (process) => complete(process, providerCallId),
    async check() {
      const adopted = await stateOf(stage, call);
      expect(adopted, JSON.stringify(adopted)).toMatchObject({ state: 'live', provider: 'vapi' });
      expect(await level(stage, call.walletId)).toMatchObject({ live_calls: 1 });
      await paid(stage, vapi, call, providerCallId);
    },
  };
}

/** A dial: whatever is asked again, it is placed once at most, and if it was not, nothing stays held. */
export async function dialledCall(stage: HurtStage, vapi: VapiProcess): Promise<Subject> {
  const call = await called(stage);
  const { to } = call;
  const path = `/v1/calls/${call.callId}/dial`;
  const agent = { phone_number_id: 'number', assistant_id: 'assistant' };
  const body = { provider: 'vapi', organization_id: call.organizationId, to, ...agent };
  let told = 0;
  return {
    async act({ request }) {
      const answer = await request('POST', path, { body });
      told = answer.status;
      return settled(answer, 201, 202);
    },
    async check() {
      const [placed, ...more] = await placedTo(vapi, to);
      expect(more).toEqual([]);
      if (told === 201) expect(placed).toBeDefined();
      if (told === 202 && !EVERY_ANOMALY) return;
      if (placed === undefined) return await givenUp(stage, call);
      const linked = async () => (await stateOf(stage, call)).provider_call_id;
      await expect.poll(linked, LOOKED_AFTER).toBe(placed.providerCallId);
      await paid(stage, vapi, call, placed.providerCallId);
    },
  };
}

async function givenUp(stage: HurtStage, call: Called): Promise<void> {
  await expect.poll(async () => (await stateOf(stage, call)).state, LOOKED_AFTER).toBe('voided');
  expect(await level(stage, call.walletId)).toMatchObject({
    posted_micros: DEPOSIT,
    held_micros: 0,
    live_calls: 0,
  });
}

async function placedTo(vapi: VapiProcess, to: string): Promise<CallTruth[]> {
  const records = await (await fetch(`${vapi.url}/simulation/records`)).json();
  return (records as (CallTruth & { to: string })[]).filter((record) => record.to === to);
}
