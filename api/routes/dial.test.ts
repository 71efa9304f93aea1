/** One dial places one call, whatever the provider answers and however often it is asked for. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createDialer, type Provider } from '../../kill-switch/index.ts';
import { createReconciling } from '../compose/reconciling.ts';
import { type CallsDesk, SECOND } from '../webhooks/test/calls-desk.ts';
import {
  DEPOSIT,
  type DialStage,
  dialStage,
  PROVIDERS,
  until,
} from '../webhooks/test/dial-stage.ts';
import { ACCOUNT_SID } from '../webhooks/test/simulator.ts';

let stage: DialStage;
let desk: CallsDesk;
let simulators: DialStage['simulators'];
beforeAll(async () => {
  stage = await dialStage();
  ({ desk, simulators } = stage);
}, 180_000);
afterEach(async () => {
  await Promise.all(Object.values(simulators).map((one) => one.setFaults({})));
});
afterAll(() => stage.stop());

const dialling = (provider: Provider, depositMicros?: number) =>
  stage.dialling(provider, depositMicros);

describe.each(PROVIDERS)('%s', (provider) => {
  test('places the call with its cap, and links it', async () => {
    const on = await dialling(provider);
    const dialled = await on.dial({ metadata: { campaign: 'autumn' } });
    expect(dialled.status, dialled.text).toBe(201);
    const [placed] = await on.placed();
    expect(placed).toMatchObject({ to: on.to, capMs: 1_000_000 });
    expect(dialled.body).toMatchObject({
      call_id: on.callId,
      state: 'authorized',
      provider,
      provider_call_id: placed?.providerCallId,
      dial: { state: 'created' },
    });
    expect(await on.call()).toMatchObject({ provider_call_id: placed?.providerCallId });
    expect((await desk.state(on.walletId)).held_micros).toBeGreaterThan(0);
  });

  test('twenty at once, and one more, place one call', async () => {
    const on = await dialling(provider);
    const dialled = await Promise.all(Array.from({ length: 20 }, () => on.dial()));
    expect(new Set(dialled.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(dialled.filter(({ headers }) => headers.has('idempotency-replayed'))).toHaveLength(19);
    const again = await on.dial();
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    const placed = await on.placed();
    expect(placed).toHaveLength(1);
    expect(again.body.provider_call_id).toBe(placed[0]?.providerCallId);
    const other = await on.dial({ max_duration_seconds: 60 });
    expect([other.status, other.body.error]).toMatchObject([409, { code: 'idempotency_conflict' }]);
  });

  test('a refusal gives the hold back, and stays one', async () => {
    const on = await dialling(provider);
    const secrets =
      provider === 'twilio'
        ? { account_sid: ACCOUNT_SID, auth_token: 'not-the-token-of-that-account' }
        : { api_key: 'not-a-key-of-that-provider' };
    await desk.put(
      `/v1/provider_credentials/${provider}?organization_id=${on.organizationId}`,
      secrets,
    );
    for (const replayed of [null, 'true']) {
      const refused = await on.dial();
      expect(refused.status, refused.text).toBe(422);
      expect(refused.body.error).toMatchObject({
        code: 'provider_refused',
        details: { provider_status: 401 },
      });
      expect(refused.headers.get('idempotency-replayed')).toBe(replayed);
      expect(refused.text).not.toContain('Invalid');
    }
    expect(await on.placed()).toEqual([]);
    expect(await on.call()).toMatchObject({ state: 'voided' });
    expect(await desk.state(on.walletId)).toMatchObject({
      posted_micros: DEPOSIT,
      held_micros: 0,
      live_calls: 0,
    });
  });

  test('no money is 402, and the provider hears nothing', async () => {
    const on = await dialling(provider, SECOND);
    const refused = await on.dial();
    expect([refused.status, refused.body.error]).toMatchObject([
      402,
      { code: 'insufficient_funds' },
    ]);
    expect(await on.placed()).toEqual([]);
  });

  test.each([['errorAfter'], ['resetAfter'], ['truncated']])(
    'an answer that is lost (%s) leaves the hold, and nothing is placed again',
    async (fault) => {
      const on = await dialling(provider);
      await simulators[provider].setFaults({
        requests: { create: { [fault]: 1 }, list: { errorBefore: 1 } },
      });
      const dialled = await on.dial();
      expect([dialled.status, dialled.body.dial]).toEqual([202, { state: 'unknown' }]);
      expect(dialled.body.held_micros).toBeGreaterThan(0);
      const again = await on.dial();
      expect([again.status, again.body.dial]).toEqual([202, { state: 'unknown' }]);
      expect(await on.placed()).toHaveLength(1);
    },
  );
});

describe.each(PROVIDERS)('%s, when nobody knows', (provider) => {
  test('the call is found, held and captured once', async () => {
    const on = await dialling(provider);
    await simulators[provider].setFaults({ requests: { create: { resetAfter: 1 } } });
    expect((await on.dial()).status).toBe(202);
    const [placed] = await on.placed();
    await until(on.call).toMatchObject({ provider_call_id: placed?.providerCallId, state: 'live' });
    await until(on.dial).toMatchObject({ status: 201, body: { dial: { state: 'created' } } });
    const { core } = desk.app;
    const account = await stage.account(provider);
    if (placed === undefined) throw new Error('no call');
    expect(await account.client.hangUp(placed)).toEqual({ status: 'accepted' });
    const { reconciler } = createReconciling(core);
    await until(async () => {
      await reconciler.run(account);
      return (await on.call()).state;
    }).toBe('captured');
    const [{ durationMs = 0 } = {}] = await on.placed();
    const takenMicros = Math.ceil(durationMs / 1000) * SECOND;
    expect(await on.call()).toMatchObject({ captured_micros: takenMicros, estimated: false });
    expect(await desk.state(on.walletId)).toMatchObject({
      posted_micros: DEPOSIT - takenMicros,
      held_micros: 0,
      live_calls: 0,
    });
    expect(await on.placed()).toHaveLength(1);
  }, 180_000);

  test('a process that dies after the provider answered leaves one call, which is found', async () => {
    const on = await dialling(provider);
    const { core } = desk.app;
    const { dials } = core.directory;
    // It dies where it would have written down what it was told.
    const dead = new Promise<never>(() => undefined);
    const dying = createDialer({
      engine: core.engine,
      sessions: core.desk.sessions,
      clients: core.clients,
      accountFor: core.clients.accountFor,
      isOutage: core.desk.isOutage,
      log: core.log,
      dials: {
        find: (key) => dials.find(key),
        begin: (dial, lookAfterMs) => dials.begin(dial, lookAfterMs),
        decide: () => dead,
        finish: (key) => dials.finish(key),
        claim: (limit, leaseMs) => dials.claim(limit, leaseMs),
        postpone: (key, afterMs) => dials.postpone(key, afterMs),
      },
    });
    const { organizationId, callId, to } = on;
    const authorize = { organizationId, callId, provider, fingerprint: 'of the dead' };
    void dying({
      authorize,
      order: { from: '+14155550142', to, agent: 'agent_1', variables: undefined },
    });
    await until(on.placed).toHaveLength(1);
    const other = await on.dial();
    expect([other.status, other.body.error]).toMatchObject([409, { code: 'idempotency_conflict' }]);
    expect(await dials.find(on)).toMatchObject({ state: 'dialing' });
    await dials.postpone(on, 0);
    const [placed] = await on.placed();
    await until(() => dials.find(on)).toMatchObject({
      state: 'created',
      providerCallId: placed?.providerCallId,
      done: true,
    });
    expect(await on.call()).toMatchObject({ provider_call_id: placed?.providerCallId });
    expect(await on.placed()).toHaveLength(1);
  });
});

test('a call that ended while it was being placed is hung up at once', async () => {
  const on = await dialling('vapi');
  await simulators.vapi.setFaults({ requests: { create: { latencyMs: [6_000, 6_000] } } });
  const dialled = on.dial();
  await until(on.call).toMatchObject({ state: 'authorized' });
  const { dials } = desk.app.core.directory;
  await until(() => dials.find(on)).toMatchObject({ state: 'dialing' });
  await desk.post(`/v1/calls/${on.callId}/end?organization_id=${on.organizationId}`, {
    duration_seconds: 0,
  });
  expect((await dialled).body).toMatchObject({ dial: { state: 'created' } });
  await until(on.placed).toMatchObject([{ phase: 'ended' }]);
  expect(await desk.state(on.walletId)).toMatchObject({ held_micros: 0, live_calls: 0 });
});

test('a call that was never placed is given up with its hold, and stays unplaced', async () => {
  const on = await dialling('retell');
  const { engine, directory, desk: calls } = desk.app.core;
  await simulators.retell.setFaults({ requests: { create: { errorBefore: 1 } } });
  expect((await on.dial()).body.dial).toEqual({ state: 'unknown' });
  const place = await calls.sessions.identify(on.organizationId, on.callId);
  if (place === undefined) throw new Error('no place');
  // What asking the provider comes to when its list never has the call.
  const { partition, holdId } = place;
  await engine.void({ partition, holdId, evidence: 1, outcome: 'no_answer', memo: {} });
  await simulators.retell.setFaults({});
  await directory.dials.postpone(on, 0);
  await until(() => directory.dials.find(on)).toMatchObject({ state: 'refused', done: true });
  const refused = await on.dial();
  expect([refused.status, refused.body.error]).toMatchObject([
    422,
    { details: { provider_status: null } },
  ]);
  expect(await on.placed()).toEqual([]);
});

test('a provider that does not answer at all is left alone after its time', async () => {
  const on = await dialling('vapi');
  await simulators.vapi.setFaults({ requests: { create: { timeout: 1 } } });
  const dialled = await on.dial();
  expect([dialled.status, dialled.body.dial]).toEqual([202, { state: 'unknown' }]);
  await simulators.vapi.setFaults({});
  await until(on.dial).toMatchObject({ status: 201, body: { dial: { state: 'created' } } });
  expect(await on.placed()).toHaveLength(1);
}, 180_000);

test('an order that a provider would not understand is refused before anything is held', async () => {
  const on = await dialling('vapi');
  for (const wrong of [
    { phone_number_id: undefined },
    { from: '+14155550142' },
    { to: '0900' },
    { provider: 'skype' },
  ]) {
    const refused = await on.dial(wrong);
    expect([refused.status, refused.text]).toEqual([
      400,
      expect.stringContaining('invalid_request'),
    ]);
  }
  expect(await on.placed()).toEqual([]);
  expect((await desk.state(on.walletId)).held_micros).toBe(0);
});
