/** Dials at Twilio, which keeps no metadata: what nobody answered is told by callbacks or by numbers. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createReconciling } from '../compose/reconciling.ts';
import type { CallsDesk } from '../webhooks/test/calls-desk.ts';
import { type DialStage, dialStage, PUBLIC_URL, until } from '../webhooks/test/dial-stage.ts';
import { PROVIDER_KEYS } from '../webhooks/test/simulator.ts';
import { postTwilio, twilioForm } from '../webhooks/test/twilio.ts';

let stage: DialStage;
let desk: CallsDesk;
let simulators: DialStage['simulators'];
beforeAll(async () => {
  stage = await dialStage();
  ({ desk, simulators } = stage);
}, 180_000);
afterEach(() => simulators.twilio.setFaults({}));
afterAll(() => stage.stop());

test('when nobody knows: its callbacks tell, and its list charges nothing again', async () => {
  const on = await stage.dialling('twilio');
  // A number of its own: the lists of the other tests' calls are none of its business.
  const from = '+14155550177';
  await desk.put(`/v1/provider_bindings/twilio/phone_number/${encodeURIComponent(from)}`, {
    organization_id: on.organizationId,
  });
  await simulators.twilio.setFaults({ requests: { create: { resetAfter: 1 } } });
  expect((await on.dial({ from })).status).toBe(202);
  const { core } = desk.app;
  // Nobody looks for it before the callback comes.
  await core.directory.dials.postpone(on, 600_000);
  const [placed] = await on.placed();
  const sid = placed?.providerCallId ?? '';
  const account = await stage.account('twilio');
  const { reconciler } = createReconciling(core);
  const pass = () => reconciler.run(account);
  expect(await pass()).toMatchObject({ complete: true, charged: 0, adopted: 0, waiting: 1 });
  expect(await account.client.hangUp({ providerCallId: sid })).toEqual({ status: 'accepted' });
  const query = `ringfence_organization_id=${on.organizationId}&ringfence_call_id=${on.callId}`;
  const path = `/webhooks/twilio/voice?${query}`;
  const told = await postTwilio(desk.app, {
    path,
    signedUrl: PUBLIC_URL + path,
    form: twilioForm('voice-status.completed', { CallSid: sid, CallDuration: '7' }),
    token: PROVIDER_KEYS.twilio,
  });
  expect(told.status, told.text).toBe(200);
  await until(on.call).toMatchObject({ state: 'captured' });
  await until(() => core.directory.callLinks.find('twilio', sid)).toMatchObject({
    callId: on.callId,
  });
  expect(await pass()).toMatchObject({ complete: true, charged: 0, adopted: 0 });
  await core.directory.dials.postpone(on, 0);
  await until(() => core.directory.dials.find(on)).toMatchObject({ state: 'created', done: true });
  expect((await desk.state(on.walletId)).live_calls).toBe(0);
});

test('when nobody knows of two calls to one number: neither is guessed', async () => {
  const [one, other] = [await stage.dialling('twilio'), await stage.dialling('twilio')];
  const { dials, callLinks } = desk.app.core.directory;
  await simulators.twilio.setFaults({ requests: { create: { resetAfter: 1 } } });
  for (const on of [one, other]) expect((await on.dial({ to: one.to })).status).toBe(202);
  const [first, second] = await one.placed();
  if (first === undefined || second === undefined) throw new Error('two calls were not placed');
  for (const on of [one, other]) {
    await until(async () => (await dials.find(on))?.looks).toBeGreaterThan(0);
    expect(await dials.find(on)).toMatchObject({ state: 'unknown', done: false });
  }
  for (const { providerCallId } of [first, second]) {
    expect(await callLinks.find('twilio', providerCallId)).toBeUndefined();
  }
  // Once one of them is known by its callback, the other one is the only one left.
  const ids = { ringfence_organization_id: one.organizationId, ringfence_call_id: one.callId };
  const path = `/webhooks/twilio/voice?${new URLSearchParams(ids)}`;
  const form = twilioForm('voice-status.in-progress', {
    CallSid: second.providerCallId,
    Timestamp: new Date().toUTCString(),
  });
  await postTwilio(desk.app, {
    path,
    signedUrl: PUBLIC_URL + path,
    form,
    token: PROVIDER_KEYS.twilio,
  });
  for (const on of [one, other]) await dials.postpone(on, 0);
  await until(one.call).toMatchObject({ provider_call_id: second.providerCallId });
  await until(() => dials.find(one)).toMatchObject({ done: true });
  await dials.postpone(other, 0);
  await until(other.call).toMatchObject({ provider_call_id: first.providerCallId });
}, 180_000);
