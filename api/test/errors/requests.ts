/** For each error code that a caller can bring about: a real request that is answered with it. */
import type { ErrorCode } from '../../../engine/index.ts';
import type { ApiAnswer, TestApplication } from '../application.ts';
import { type Tenants, wallet } from '../tenants.ts';
import { callId, createCall, post, put, walletWith } from './steps.ts';

export interface ErrorStage {
  app: TestApplication;
  all: Tenants;
}

type Ask = (stage: ErrorStage) => Promise<ApiAnswer>;

/** Refusals: the engine or the directory said no. */
export const REFUSALS = {
  insufficient_funds: async (stage) =>
    post(stage, `/v1/wallets/${await walletWith(stage, 1)}/charges`, { amount_micros: 2 }),
  async wallet_frozen(stage) {
    const path = `/v1/wallets/${await walletWith(stage, 5)}`;
    await stage.app.request('PATCH', path, { body: { status: 'frozen' } });
    return post(stage, `${path}/charges`, { amount_micros: 1 });
  },
  async too_many_live_calls(stage) {
    const walletId = await walletWith(stage, 1_000_000, { max_live_calls: 1 });
    await createCall(stage, { wallet_id: walletId });
    return createCall(stage, { wallet_id: walletId });
  },
  async hold_closed(stage) {
    const body = { wallet_id: await walletWith(stage, 5), amount_micros: 1 };
    const hold = await post(stage, '/v1/holds', body);
    await post(stage, `/v1/holds/${hold.body.id}/void`, {});
    return post(stage, `/v1/holds/${hold.body.id}/capture`, { amount_micros: 1 });
  },
  async refund_exceeds_charge(stage) {
    const path = `/v1/wallets/${await walletWith(stage, 5)}`;
    const charge = await post(stage, `${path}/charges`, { amount_micros: 2, wait_for: 'ledger' });
    const refunds = (charge.body.entry as { id: string }).id;
    return post(stage, `${path}/credits`, { kind: 'refund', amount_micros: 3, refunds });
  },
  async idempotency_conflict(stage) {
    const path = `/v1/wallets/${await walletWith(stage, 5)}/charges`;
    await post(stage, path, { amount_micros: 1 }, { idempotencyKey: 'one' });
    return post(stage, path, { amount_micros: 2 }, { idempotencyKey: 'one' });
  },
  entry_not_in_ledger: async (stage) =>
    post(stage, `/v1/wallets/${await walletWith(stage, 5)}/credits`, {
      kind: 'refund',
      amount_micros: 1,
      refunds: 'ent_none',
    }),
  parent_change_refused: ({ app, all }) =>
    app.request('PATCH', `/v1/organizations/${all.client.organizationId}`, {
      body: { parent_id: all.other.organizationId },
    }),
  async linked_elsewhere(stage) {
    const link = { provider: 'vapi', provider_call_id: callId() };
    await createCall(stage, link);
    const { body } = await createCall(stage);
    return post(stage, `/v1/calls/${body.call_id}/link`, link);
  },
  async bound_elsewhere(stage) {
    const { agency, other } = stage.all;
    const path = '/v1/provider_bindings/vapi/assistant/taken';
    await put(stage, path, { organization_id: other.organizationId });
    const key = agency.keys.agency;
    return put(stage, path, { organization_id: agency.organizationId }, key);
  },
} satisfies Partial<Record<ErrorCode, Ask>>;

/** The caller has to change something. */
export const REQUESTS = {
  price_not_found: async (stage) =>
    post(stage, `/v1/wallets/${await walletWith(stage, 5)}/charges`, {
      service: 'unheard_of',
      quantity: 1,
    }),
  async currency_mismatch(stage) {
    const { organizationId, walletId } = stage.all.agency;
    const euros = await wallet(stage.app, organizationId, 0, { currency: 'eur' });
    const body = { from_wallet_id: walletId, to_wallet_id: euros, amount_micros: 1 };
    return post(stage, '/v1/transfers', body);
  },
  async balance_out_of_range(stage) {
    const path = `/v1/wallets/${await walletWith(stage, 1)}/credits`;
    return post(stage, path, { kind: 'bonus', amount_micros: Number.MAX_SAFE_INTEGER });
  },
  provider_not_configured: (stage) =>
    post(stage, `/v1/calls/${callId()}/dial`, {
      organization_id: stage.all.client.organizationId,
      provider: 'vapi',
      phone_number_id: 'number',
      assistant_id: 'assistant',
      to: '+14155550100',
    }),
  payments_not_configured: async (stage) =>
    post(stage, `/v1/wallets/${await walletWith(stage, 5)}/top_ups`, {
      amount_micros: 5_000_000,
      success_url: 'http://127.0.0.1/',
    }),
  idempotency_key_required: ({ app, all }) =>
    app.request('POST', `/v1/wallets/${all.client.walletId}/charges`, {
      body: { amount_micros: 1 },
      idempotencyKey: false,
    }),
  invalid_request: (stage) => post(stage, '/v1/organizations', { name: 5 }),
  malformed_json: ({ app }) => app.request('POST', '/v1/organizations', { raw: '{' }),
  unsupported_media_type: ({ app }) =>
    app.request('POST', '/v1/organizations', {
      raw: '<name/>',
      headers: { 'content-type': 'text/xml' },
    }),
  body_too_large: ({ app }) =>
    app.request('POST', '/v1/organizations', { raw: `"${'x'.repeat(1024 * 1024)}"` }),
  method_not_allowed: ({ app }) => app.request('DELETE', '/v1/wallets'),
  unauthenticated: ({ app }) => app.request('GET', '/v1/wallets', { key: 'wrong' }),
  invalid_signature: ({ app }) => app.request('POST', '/webhooks/vapi', { raw: '{}' }),
  forbidden: ({ app, all }) =>
    app.request('POST', '/v1/organizations', {
      key: all.client.keys.organization,
      body: { name: 'Below' },
    }),
  not_found: ({ app }) => app.request('GET', '/v1/wallets/wal_none'),
  call_not_found: ({ app }) => app.request('GET', '/v1/calls/none'),
  hold_not_found: ({ app }) => app.request('GET', '/v1/holds/hold_none'),
  async ambiguous_call(stage) {
    const shared = callId();
    for (const { organizationId } of [stage.all.agency, stage.all.client]) {
      await createCall(stage, { call_id: shared, organization_id: organizationId });
    }
    return stage.app.request('GET', `/v1/calls/${shared}`);
  },
} satisfies Partial<Record<ErrorCode, Ask>>;
