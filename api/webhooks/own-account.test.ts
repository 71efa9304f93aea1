/**
 * Whoever brings an account of its own can place any call there, under the metadata of another one.
 * What its books say never outranks the platform's, nor a client's its agency's.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createReconciling, type Reconciling } from '../compose/reconciling.ts';
import { organization, wallet } from '../test/tenants.ts';
import { type CallsDesk, callsDesk, MINUTE, SECOND } from './test/calls-desk.ts';
import { type VapiAccounts, vapiAccounts } from './test/vapi-accounts.ts';

const PLATFORM_KEY = 'vapi-key-of-the-platform-0123456789';
const DEPOSIT = 100 * MINUTE;
/** What an agency pays of a retail minute. */
const WHOLESALE = MINUTE / 2;

let desk: CallsDesk;
let vapi: VapiAccounts;
let reconciling: Reconciling;
beforeAll(async () => {
  vapi = await vapiAccounts();
  desk = await callsDesk({ VAPI_API_KEY: PLATFORM_KEY, VAPI_BASE_URL: vapi.url });
  reconciling = createReconciling(desk.app.core);
});
afterAll(async () => {
  await desk.app.stop();
  await vapi.stop();
});

/** A call of an agency's client, authorized; whoever has a key has an account of its own. */
async function authorized() {
  const agencyId = await organization(desk.app, 'Agency');
  const clientId = await organization(desk.app, 'Client', { parent_id: agencyId });
  const wallets = [clientId, agencyId].map((id) => wallet(desk.app, id, DEPOSIT));
  const [clientWallet = '', agencyWallet = ''] = await Promise.all(wallets);
  const rate = { unit: 'minute', rate_micros_per_minute: WHOLESALE, currency: 'usd' };
  const price = { ...rate, organization_id: agencyId, book: 'wholesale' };
  await desk.put('/v1/prices/voice_minute', price);
  const callId = desk.newId();
  const call = { organizationId: clientId, callId };
  expect((await desk.authorize(clientId, { call_id: callId, provider: 'vapi' })).status).toBe(201);
  const startedAtMs = Date.now() - 3_600_000;
  let records = 0;
  const taken = async (walletId: string) =>
    DEPOSIT - Number((await desk.state(walletId)).posted_micros);
  return {
    clientId,
    agencyId,
    callId,
    /** Gives an organization an account, and answers its key. */
    async account(organizationId: string) {
      const key = `vapi-key-of-${organizationId}`;
      const path = `/v1/provider_credentials/vapi?organization_id=${organizationId}`;
      await desk.put(path, { api_key: key });
      return key;
    },
    /** Puts a call of so many seconds into an account; it lives when there are none. */
    booked(key: string, seconds?: number) {
      const id = `${callId}-${key}-${records++}`;
      vapi.put(key, { ...call, id, startedAtMs, ...(seconds !== undefined && { seconds }) });
      return id;
    },
    end: (seconds: number) =>
      desk.post(`/v1/calls/${callId}/end?organization_id=${clientId}`, {
        duration_seconds: seconds,
      }),
    /** What the client and its agency paid, in seconds of the call. */
    async paid() {
      const [client, agency] = await Promise.all([taken(clientWallet), taken(agencyWallet)]);
      return [client / SECOND, agency / (SECOND / 2)];
    },
  };
}

async function reconcile(organizationId: string): Promise<void> {
  const accounts = await desk.app.core.clients.accounts();
  const account = accounts.find((one) => one.organizationId === organizationId);
  // The list of accounts is kept for seconds; a new one is spoken for by its own client.
  const client =
    account?.client ?? (await desk.app.core.clients.accountFor('vapi', organizationId))?.client;
  if (client === undefined) throw new Error('no account');
  const pass = await reconciling.reconciler.run({ client, organizationId });
  expect(pass).toMatchObject({ complete: true, failed: 0 });
}

describe("a short call in a client's own account", () => {
  test("does not stand against the platform's record", async () => {
    const call = await authorized();
    call.booked(await call.account(call.clientId), 1);
    await reconcile(call.clientId);
    expect(await call.paid()).toEqual([1, 1]);
    call.booked(PLATFORM_KEY, 600);
    await reconcile('');
    expect(await call.paid()).toEqual([600, 600]);
    await reconcile(call.clientId);
    expect(await call.paid()).toEqual([600, 600]);
  });

  test("does not stand against its agency's account", async () => {
    const call = await authorized();
    const own = await call.account(call.clientId);
    const agencys = await call.account(call.agencyId);
    call.booked(own, 1);
    await reconcile(call.clientId);
    call.booked(agencys, 600);
    await reconcile(call.agencyId);
    expect(await call.paid()).toEqual([600, 600]);
    await reconcile(call.clientId);
    expect(await call.paid()).toEqual([600, 600]);
  });

  test('does not lower what somebody with a key said', async () => {
    const call = await authorized();
    expect((await call.end(600)).status).toBe(200);
    call.booked(await call.account(call.clientId), 1);
    await reconcile(call.clientId);
    expect(await call.paid()).toEqual([600, 600]);
  });
});

test('a call that was longer than its client said is charged for what the own account says', async () => {
  const call = await authorized();
  const own = await call.account(call.clientId);
  expect((await call.end(0)).status).toBe(200);
  call.booked(own, 600);
  await reconcile(call.clientId);
  expect(await call.paid()).toEqual([600, 600]);
});

test('a call that the own account does not know is asked for in the next one, and lives there', async () => {
  const call = await authorized();
  await call.account(call.clientId);
  const id = call.booked(PLATFORM_KEY);
  const client = await desk.app.core.clients.clientFor('vapi', call.clientId);
  const record = await client?.fetch(id);
  expect(record).toMatchObject({ live: true });
  expect(record).not.toHaveProperty('signedBy');
  expect(await client?.fetch('nowhere')).toBe('not_found');
});

test("of two calls under one metadata the platform's account has the real one", async () => {
  const call = await authorized();
  const own = await call.account(call.clientId);
  call.booked(own);
  const id = call.booked(PLATFORM_KEY);
  const { sessions } = desk.app.core.desk;
  const place = await sessions.identify(call.clientId, call.callId);
  if (place === undefined) throw new Error('no call');
  const asked = await reconciling.asking.ask(place.partition, place.holdId);
  expect(asked).toMatchObject({ status: 'live', record: { providerCallId: id } });
  expect(await sessions.reach(place)).toMatchObject({ providerCallId: id });
});
