/** A good request of each route that takes a body: what the fuzz departs from. */
import type { TestApplication } from '../application.ts';
import { organization, wallet } from '../tenants.ts';

export interface Base {
  params?: Record<string, string>;
  body: Record<string, unknown>;
}

export interface Stage {
  app: TestApplication;
  organizationId: string;
  /** Has money; nothing the fuzz does may empty it. */
  walletId: string;
  otherWalletId: string;
}

const DEPOSIT_MICROS = 1_000_000_000_000;

export async function fuzzStage(app: TestApplication): Promise<Stage> {
  const organizationId = await organization(app, 'Fuzzed');
  await app.request('PUT', '/v1/prices/voice_minute', {
    body: { unit: 'minute', rate_micros_per_minute: 60_000, currency: 'usd' },
  });
  return {
    app,
    organizationId,
    walletId: await wallet(app, organizationId, DEPOSIT_MICROS),
    otherWalletId: await wallet(app, organizationId),
  };
}

type MakeBase = (stage: Stage) => Promise<Base> | Base;

let made = 0;
const fresh = (what: string) => `${what}-${made++}`;

async function holdOf({ app, walletId }: Stage): Promise<Record<string, string>> {
  const body = { wallet_id: walletId, amount_micros: 100 };
  const answer = await app.request('POST', '/v1/holds', { body });
  return { hold_id: String(answer.body.id) };
}

async function callOf({ app, organizationId }: Stage): Promise<Record<string, string>> {
  const body = { call_id: fresh('call'), organization_id: organizationId };
  const answer = await app.request('POST', '/v1/calls', { body });
  return { call_id: String(answer.body.call_id) };
}

const onWallet =
  (body: Record<string, unknown>): MakeBase =>
  ({ walletId }) => ({ params: { wallet_id: walletId }, body });
const onHold =
  (body: Record<string, unknown>): MakeBase =>
  async (stage) => ({ params: await holdOf(stage), body });
const onCall =
  (body: Record<string, unknown>): MakeBase =>
  async (stage) => ({ params: await callOf(stage), body });

export const BASES: Readonly<Record<string, MakeBase>> = {
  'POST /v1/organizations': () => ({ body: { name: 'Made' } }),
  'PATCH /v1/organizations/{organization_id}': ({ organizationId }) => ({
    params: { organization_id: organizationId },
    body: { name: 'Fuzzed' },
  }),
  'POST /v1/api_keys': ({ organizationId }) => ({
    body: { organization_id: organizationId, role: 'organization', name: 'Made' },
  }),
  'POST /v1/wallets': ({ organizationId }) => ({
    body: { organization_id: organizationId, currency: 'usd' },
  }),
  'PATCH /v1/wallets/{wallet_id}': ({ otherWalletId }) => ({
    params: { wallet_id: otherWalletId },
    body: { credit_limit_micros: 5 },
  }),
  'POST /v1/wallets/{wallet_id}/credits': onWallet({ kind: 'bonus', amount_micros: 1 }),
  'POST /v1/wallets/{wallet_id}/charges': onWallet({ amount_micros: 1 }),
  'PUT /v1/wallets/{wallet_id}/alerts': onWallet({ alerts: [{ kind: 'minutes', minutes: 5 }] }),
  'POST /v1/webhook_endpoints': ({ organizationId }) => ({
    body: {
      organization_id: organizationId,
      url: 'https://8.8.8.8/',
      events: ['webhook.test'],
    },
  }),
  'POST /v1/transfers': ({ walletId, otherWalletId }) => ({
    body: { from_wallet_id: walletId, to_wallet_id: otherWalletId, amount_micros: 1 },
  }),
  'POST /v1/packages': () => ({
    body: { name: 'Made', price_micros: 10_000, price_currency: 'usd', credit_micros: 1 },
  }),
  'PUT /v1/prices/{service}': ({ organizationId }) => ({
    params: { service: 'sms_segment' },
    body: {
      organization_id: organizationId,
      unit: 'segment',
      unit_price_micros: 1,
      currency: 'usd',
    },
  }),
  'POST /v1/quotes': ({ organizationId }) => ({
    body: {
      organization_id: organizationId,
      items: [{ service: 'voice_minute', duration_seconds: 60 }],
    },
  }),
  'POST /v1/holds': ({ walletId }) => ({ body: { wallet_id: walletId, amount_micros: 1 } }),
  'POST /v1/holds/{hold_id}/extend': onHold({ amount_micros: 1 }),
  'POST /v1/holds/{hold_id}/capture': onHold({ amount_micros: 1 }),
  'POST /v1/holds/{hold_id}/void': onHold({}),
  'POST /v1/calls': ({ organizationId }) => ({
    body: { call_id: fresh('call'), organization_id: organizationId },
  }),
  'POST /v1/calls/batch': ({ organizationId }) => ({
    body: { items: [{ call_id: fresh('call'), organization_id: organizationId }] },
  }),
  'POST /v1/charges/batch': ({ walletId }) => ({
    body: {
      items: [{ wallet_id: walletId, amount_micros: 1, idempotency_key: fresh('charge') }],
    },
  }),
  'POST /v1/calls/{call_id}/link': async (stage) => ({
    params: await callOf(stage),
    body: { provider: 'vapi', provider_call_id: fresh('provider') },
  }),
  'POST /v1/calls/{call_id}/start': onCall({}),
  'POST /v1/calls/{call_id}/check': onCall({}),
  'POST /v1/calls/{call_id}/end': onCall({ duration_seconds: 1 }),
  'PUT /v1/provider_bindings/{provider}/{kind}/{external_id}': ({ organizationId }) => ({
    params: { provider: 'vapi', kind: 'assistant', external_id: 'fuzzed' },
    body: { organization_id: organizationId },
  }),
};
