/** Somebody with a key says that a call is over, and it goes on at its provider. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EVIDENCE } from '../../engine/index.ts';
import { DEPOSIT, type Placed, type VapiStage, vapiStage } from '../webhooks/test/vapi-stage.ts';

let on: VapiStage;
beforeAll(async () => {
  on = await vapiStage();
  // What the provider would tell by itself is lost: only asking it helps.
  await on.vapi.setFaults({ webhooks: { '*': { lost: 1 } } });
});
afterAll(() => on.stop());

const until = (read: () => unknown) => expect.poll(read, { timeout: 60_000, interval: 50 });

async function end(call: Placed, seconds: number) {
  const path = `/v1/calls/${call.callId}/end?organization_id=${call.organizationId}`;
  const ended = await on.desk.post(path, { duration_seconds: seconds });
  expect(ended).toMatchObject({ status: 200, body: { state: 'captured' } });
}

async function settled(call: Placed): Promise<void> {
  const { durationMs } = await on.truth(call);
  await until(async () => (await on.call(call)).duration_seconds).toBe(durationMs / 1000);
  await on.expectCharged(call);
}

test('it is ended there, and charged for what it talked', async () => {
  const call = await on.placed();
  await on.live(call);
  await end(call, 0);
  await until(() => on.truth(call)).toMatchObject({ phase: 'ended', endedBy: 'pushed' });
  await settled(call);
  const kinds = async () =>
    (await on.app.core.directory.callEvents.list(call.organizationId, call.callId)).map(
      ({ kind }) => kind,
    );
  await until(kinds).toContain('ended_unpaid');
}, 180_000);

test('it is ended by the reconciler if the process that was told is gone', async () => {
  const call = await on.placed();
  await on.live(call);
  const { sessions } = on.app.core.desk;
  const place = await sessions.identify(call.organizationId, call.callId);
  if (place === undefined) throw new Error('no call');
  const word = { durationMs: 1, outcome: 'completed', evidence: EVIDENCE.caller } as const;
  expect((await sessions.end(place, word)).status).toBe('ended');
  await on.reconcile();
  await until(() => on.truth(call)).toMatchObject({ phase: 'ended', endedBy: 'pushed' });
  expect(await on.reconcile()).toMatchObject({ complete: true, failed: 0 });
  await settled(call);
}, 180_000);

test('one that is over is charged for what its provider says, and told to end by nobody', async () => {
  const call = await on.placed();
  await on.hangUp(call);
  const { pushes } = await on.truth(call);
  await end(call, 3_600);
  await settled(call);
  expect((await on.truth(call)).pushes).toEqual(pushes);
}, 180_000);

test('one that is placed only afterwards is ended and charged as well', async () => {
  const { organizationId, walletId } = await on.desk.payer(DEPOSIT);
  const callId = on.desk.newId();
  await on.desk.authorize(organizationId, { call_id: callId, provider: 'vapi' });
  await end({ organizationId, walletId, callId, providerCallId: '' }, 0);
  // The first look has found nothing by then.
  await pause(3_000);
  const providerCallId = await on.vapi.place(organizationId, callId);
  const call = { organizationId, walletId, callId, providerCallId };
  await until(() => on.truth(call)).toMatchObject({ phase: 'ended', endedBy: 'pushed' });
  await settled(call);
}, 180_000);

test('who says it again and again has it looked after once', async () => {
  const call = await on.placed();
  await on.live(call);
  for (let times = 0; times < 5; times++) await end(call, 0);
  await until(() => on.truth(call)).toMatchObject({ phase: 'ended', endedBy: 'pushed' });
  await settled(call);
  expect((await on.truth(call)).pushes).toHaveLength(1);
}, 180_000);
