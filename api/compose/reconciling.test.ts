/** What a reconciler makes of a provider's list, whatever the provider: marks, accounts, legs. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  type ProviderAccount,
  type ProviderClient,
  ProviderOutage,
  type ProviderRecord,
} from '../../kill-switch/index.ts';
import { organization, wallet } from '../test/tenants.ts';
import { type CallsDesk, callsDesk, SECOND } from '../webhooks/test/calls-desk.ts';
import { createReconciling, type Reconciling } from './reconciling.ts';

const HOUR_MS = 3_600_000;
const DEPOSIT = 1000 * SECOND;

let desk: CallsDesk;
let reconciling: Reconciling;
let listed: { since: Date; until: Date }[] = [];
let calls = 0;
beforeAll(async () => {
  desk = await callsDesk();
  reconciling = createReconciling(desk.app.core);
});
beforeEach(() => {
  listed = [];
});
afterAll(() => desk.app.stop());

/** An account of a provider that only lists: `list` answers the n-th question, from 1. */
function account(
  list: (question: number) => readonly ProviderRecord[],
  provider: ProviderClient['provider'] = 'vapi',
  organizationId = '',
): ProviderAccount {
  const no = () => Promise.reject(new Error('not asked for here'));
  const client: ProviderClient = {
    provider,
    hangUp: no,
    say: no,
    transfer: no,
    limit: no,
    fetch: no,
    create: no,
    async *list(since, until) {
      listed.push({ since, until });
      yield* list(listed.length);
    },
  };
  return { client, organizationId };
}

/** A call of 60 s that ended a minute ago. */
function ended(organizationId: string, fields: Partial<ProviderRecord> = {}): ProviderRecord {
  const callId = `reconciled-${calls++}`;
  return {
    provider: 'vapi',
    providerCallId: `provider-${callId}`,
    ringfence: { organizationId, callId, holdId: undefined },
    bindings: [],
    controlUrl: undefined,
    twilioCallSid: undefined,
    live: false,
    startedAtMs: Date.now() - 120_000,
    endedAtMs: Date.now() - 60_000,
    durationMs: 60_000,
    outcome: 'completed',
    reason: 'customer-ended-call',
    reasonKnown: true,
    costMicros: undefined,
    ...fields,
  };
}

const marks = () => desk.app.core.directory.reconcileMarks;
const posted = async (walletId: string) => (await desk.state(walletId)).posted_micros;

test('a mark that stood still is caught up in stretches, and keeps those before a failure', async () => {
  const place = { provider: 'vapi', organizationId: 'org_of_stretches' };
  const nowMs = Date.now();
  const stoodAt = new Date(nowMs - 20 * HOUR_MS);
  await marks().advance(place, new Date(nowMs - 30 * HOUR_MS), stoodAt);
  const failing = account(
    (question) => {
      if (question === 3) throw new ProviderOutage('vapi', 'HTTP 503', 503);
      return [];
    },
    'vapi',
    place.organizationId,
  );
  const report = await reconciling.reconciler.run(failing);
  expect(report).toMatchObject({ complete: false, why: 'vapi: HTTP 503' });
  const [first, second, third] = listed;
  expect(first?.since.getTime()).toBeLessThan(stoodAt.getTime());
  expect(second?.since).toEqual(first?.until);
  expect(third?.since).toEqual(second?.until);
  expect(await marks().reconciledUntil(place)).toEqual(second?.until);

  listed = [];
  const whole = account(() => [], 'vapi', place.organizationId);
  expect(await reconciling.reconciler.run(whole)).toMatchObject({ complete: true, listed: 0 });
  const reached = (await marks().reconciledUntil(place))?.getTime() ?? 0;
  expect(reached).toBeGreaterThanOrEqual(nowMs);
});

test('a call that cannot be charged holds the mark back, and is charged when it can be', async () => {
  const place = { provider: 'retell', organizationId: '' };
  const organizationId = await organization(desk.app, 'Without a price');
  const walletId = await wallet(desk.app, organizationId, DEPOSIT, { currency: 'eur' });
  const own = { organization_id: organizationId, currency: 'eur' };
  const price = { unit: 'minute', rate_micros_per_minute: 60 * SECOND, increment: '1/1', ...own };
  const path = '/v1/prices/voice_minute';
  const perUnit = { unit: 'segment', unit_price_micros: 1, ...own };
  await desk.put(path, perUnit);
  const record = ended(organizationId, { provider: 'retell' });
  const books = account(() => [record], 'retell');
  const before = await marks().reconciledUntil(place);
  expect(await reconciling.reconciler.run(books)).toMatchObject({ complete: true, failed: 1 });
  expect(await marks().reconciledUntil(place)).toEqual(before);
  expect(await posted(walletId)).toBe(DEPOSIT);

  await desk.put(path, price);
  expect(await reconciling.reconciler.run(books)).toMatchObject({ charged: 1, failed: 0 });
  expect(await marks().reconciledUntil(place)).not.toEqual(before);
  expect(await posted(walletId)).toBe(DEPOSIT - 60 * SECOND);
});

test("in an organization's own account only its own calls and its clients' count", async () => {
  const agencyId = await organization(desk.app, 'Agency');
  const clientId = await organization(desk.app, 'Client', { parent_id: agencyId });
  const otherId = await organization(desk.app, 'Other');
  const walletId = await wallet(desk.app, clientId, DEPOSIT);
  const otherWalletId = await wallet(desk.app, otherId, DEPOSIT);
  const records = [ended(clientId), ended(otherId)];
  const own = account(() => records, 'vapi', agencyId);
  expect(await reconciling.reconciler.run(own)).toMatchObject({ charged: 1, foreign: 1 });
  expect(await posted(walletId)).toBe(DEPOSIT - 60 * SECOND);
  expect(await posted(otherWalletId)).toBe(DEPOSIT);
});

test("a call at Twilio that is the leg of another provider's call is not charged again", async () => {
  const { organizationId, walletId } = await desk.payer(DEPOSIT);
  const call_id = desk.newId();
  const fields = { call_id, provider: 'vapi', provider_call_id: `vapi-${call_id}` };
  await desk.authorize(organizationId, fields);
  const { sessions } = desk.app.core.desk;
  const call = await sessions.identify(organizationId, call_id);
  if (call === undefined) throw new Error('no call');
  const twilioCallSid = 'CA00000000000000000000000000000001';
  const link = { provider: 'vapi', providerCallId: `vapi-${call_id}`, twilioCallSid };
  await sessions.link(call, link);
  const nobody = { organizationId, callId: undefined, holdId: undefined };
  const twilio = { provider: 'twilio' as const, ringfence: nobody };
  const leg = ended(organizationId, { ...twilio, providerCallId: twilioCallSid });
  const single = ended(organizationId, {
    ...twilio,
    providerCallId: `${twilioCallSid.slice(0, -1)}2`,
  });
  const books = account(() => [leg, single], 'twilio');
  expect(await reconciling.reconciler.run(books)).toMatchObject({ unchanged: 1, charged: 1 });
  expect(await posted(walletId)).toBe(DEPOSIT - 60 * SECOND);
});

test('a second call under one call id is not charged, and the first not ended by it', async () => {
  const { organizationId, walletId } = await desk.payer(DEPOSIT);
  const call_id = desk.newId();
  const fields = { call_id, provider: 'vapi', provider_call_id: `vapi-${call_id}` };
  await desk.authorize(organizationId, fields);
  const ringfence = { organizationId, callId: call_id, holdId: undefined };
  const books = account(() => [ended(organizationId, { ringfence, providerCallId: 'another' })]);
  // The first one is at the provider too: the platform's account has it for this call.
  const fetch = async (providerCallId: string) =>
    ended(organizationId, { ringfence, providerCallId });
  const both = { ...books, client: { ...books.client, fetch } };
  expect(await reconciling.reconciler.run(both)).toMatchObject({ unchanged: 1, captured: 0 });
  const path = `/v1/calls/${call_id}?organization_id=${organizationId}`;
  const { body } = await desk.app.request('GET', path);
  expect(body).toMatchObject({ state: 'authorized' });
  expect(await posted(walletId)).toBe(DEPOSIT);
});

test("a claimed id that the platform's account does not have gives way to the one that it has", async () => {
  const { organizationId, walletId } = await desk.payer(DEPOSIT);
  const call_id = desk.newId();
  const fields = { call_id, provider: 'vapi', provider_call_id: `nowhere-${call_id}` };
  await desk.authorize(organizationId, fields);
  const ringfence = { organizationId, callId: call_id, holdId: undefined };
  const books = account(() => [ended(organizationId, { ringfence, providerCallId: 'the-one' })]);
  const fetch = async () => 'not_found' as const;
  const platforms = { ...books, client: { ...books.client, fetch } };
  expect(await reconciling.reconciler.run(platforms)).toMatchObject({ captured: 1, failed: 0 });
  expect(await posted(walletId)).toBe(DEPOSIT - 60 * SECOND);
});
