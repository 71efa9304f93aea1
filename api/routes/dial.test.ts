/** One dial places one call, whatever the provider answers and however often it is asked for. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createDialer, type Provider } from '../../kill-switch/index.ts';
import { createReconciling } from '../compose/reconciling.ts';
import { type CallsDesk, callsDesk, SECOND } from '../webhooks/test/calls-desk.ts';
import {
  ACCOUNT_SID,
  PROVIDER_KEYS,
  type SimulatedProvider,
  simulatedProvider,
} from '../webhooks/test/simulator.ts';

const PROVIDERS = ['vapi', 'retell', 'twilio'] as const;
/** Twilio keeps no metadata: what it does not answer can only be told by its callbacks. */
const WITH_METADATA = ['vapi', 'retell'] as const;
const DEPOSIT = 1000 * SECOND;

let desk: CallsDesk;
let simulators: Record<Provider, SimulatedProvider>;
beforeAll(async () => {
  const [vapi, retell, twilio] = await Promise.all(PROVIDERS.map(simulatedProvider));
  if (!vapi || !retell || !twilio) throw new Error('a simulator is missing');
  simulators = { vapi, retell, twilio };
  desk = await callsDesk({
    VAPI_API_KEY: PROVIDER_KEYS.vapi,
    VAPI_BASE_URL: vapi.url,
    RETELL_API_KEY: PROVIDER_KEYS.retell,
    RETELL_BASE_URL: retell.url,
    TWILIO_ACCOUNT_SID: ACCOUNT_SID,
    TWILIO_AUTH_TOKEN: PROVIDER_KEYS.twilio,
    TWILIO_BASE_URL: twilio.url,
    RINGFENCE_ALLOW_LOCAL_PROVIDERS: '1',
  });
}, 60_000);
afterEach(async () => {
  await Promise.all(Object.values(simulators).map((one) => one.setFaults({})));
});
afterAll(async () => {
  await desk.app.stop();
  await Promise.all(Object.values(simulators).map((one) => one.stop()));
});

let numbers = 0;

const AGENTS: Readonly<Record<Provider, object>> = {
  vapi: { phone_number_id: 'number', assistant_id: 'assistant' },
  retell: { from: '+14155550142', agent_id: 'agent_1' },
  twilio: { from: '+14155550142', url: 'https://agents.example.com/desk.xml' },
};

interface Dialling {
  organizationId: string;
  walletId: string;
  callId: string;
  to: string;
  dial(fields?: object): ReturnType<CallsDesk['post']>;
  call(): Promise<Record<string, unknown>>;
  /** At the provider. */
  placed(): ReturnType<SimulatedProvider['calls']>;
}

async function dialling(provider: Provider, depositMicros = DEPOSIT): Promise<Dialling> {
  const { organizationId, walletId } = await desk.payer(depositMicros);
  const callId = desk.newId();
  const to = `+1415556${String(numbers++).padStart(4, '0')}`;
  const order = { provider, organization_id: organizationId, to, ...AGENTS[provider] };
  const path = `/v1/calls/${callId}`;
  return {
    organizationId,
    walletId,
    callId,
    to,
    dial: (fields = {}) => desk.post(`${path}/dial`, { ...order, ...fields }),
    placed: () => simulators[provider].calls(to),
    async call() {
      const asked = `${path}?organization_id=${organizationId}`;
      return (await desk.app.request('GET', asked)).body;
    },
  };
}

const until = (read: () => unknown) => expect.poll(read, { timeout: 20_000, interval: 100 });

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

describe.each(WITH_METADATA)('%s, when nobody knows', (provider) => {
  test('the call is found, held and captured once', async () => {
    const on = await dialling(provider);
    await simulators[provider].setFaults({ requests: { create: { resetAfter: 1 } } });
    expect((await on.dial()).status).toBe(202);
    const [placed] = await on.placed();
    await until(on.call).toMatchObject({ provider_call_id: placed?.providerCallId, state: 'live' });
    await until(on.dial).toMatchObject({ status: 201, body: { dial: { state: 'created' } } });
    const { core } = desk.app;
    const account = (await core.clients.accounts()).find(
      ({ client, organizationId }) => client.provider === provider && organizationId === '',
    );
    if (account === undefined || placed === undefined) throw new Error('no account, or no call');
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
  }, 60_000);

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

test('a provider that does not answer at all is left alone after its time', async () => {
  const on = await dialling('vapi');
  await simulators.vapi.setFaults({ requests: { create: { timeout: 1 } } });
  const dialled = await on.dial();
  expect([dialled.status, dialled.body.dial]).toEqual([202, { state: 'unknown' }]);
  await simulators.vapi.setFaults({});
  await until(on.dial).toMatchObject({ status: 201, body: { dial: { state: 'created' } } });
  expect(await on.placed()).toHaveLength(1);
}, 60_000);

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
