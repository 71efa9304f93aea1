/** Top-ups by card: ordered here, paid on a page of Stripe's, credited by its webhook. */
import { z } from '@hono/zod-openapi';
import { freeOrder, isCardCurrency, minorOf, openTopUp } from '../../payments/index.ts';
import type { TopUp, TopUpPackage, Wallet } from '../../persistence/index.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { replayHeaders } from '../http/refusal.ts';
import { requestKeyFor } from '../http/request-key.ts';
import type { CardPayments } from '../payments.ts';
import { cursorSchema, idSchema, listBody, listOf, pageOf, pageQuery } from '../schemas/common.ts';
import { newTopUpSchema, TOP_UP_ORIGINS, topUpBody, topUpSchema } from '../schemas/top-up.ts';
import type { Services } from '../services.ts';
import { chainIds, notChargeable } from './packages.ts';
import { walletParams } from './wallets.ts';

export function topUpRoutes(services: Services, payments: CardPayments): Endpoint[] {
  return [orderRoute(services, payments), listRoute(services), getRoute(services)];
}

function orderRoute(services: Services, payments: CardPayments): Endpoint {
  return endpoint({
    method: 'post',
    path: '/v1/wallets/{wallet_id}/top_ups',
    tag: 'top_ups',
    summary: 'Orders a top-up: pay it at its `url`. The wallet gets the money once it is paid.',
    params: walletParams,
    body: newTopUpSchema,
    idempotency: 'required',
    answers: { 201: topUpSchema },
    problems: [
      'payments_not_configured',
      'stripe_refused',
      'stripe_unreachable',
      'idempotency_key_required',
      'idempotency_conflict',
    ],
    async handle(request) {
      const { principal, params, body } = request;
      const wallet = await services.access.wallet(principal, params.wallet_id, 'operate');
      if (payments.stripe === undefined) throw new Problem('payments_not_configured');
      const key = requestKeyFor(wallet.organizationId, request);
      const outcome = await openTopUp(payments.stripe, key, async () => ({
        ...(body.package_id === undefined
          ? freeAmount(wallet, body.amount_micros ?? 0, payments)
          : packaged(await packageFor(services, wallet, body.package_id))),
        organizationId: wallet.organizationId,
        walletId: wallet.id,
        saveCard: body.save_card ?? false,
        successUrl: body.success_url,
        cancelUrl: body.cancel_url ?? body.success_url,
      }));
      if (outcome.status !== 'opened') throw new Problem('idempotency_conflict');
      const headers = replayHeaders(outcome.replayed);
      return { status: 201, body: topUpBody(outcome.topUp), headers };
    },
  });
}

/** @throws Problem invalid_request: out of bounds, or not to be charged exactly */
function freeAmount(wallet: Wallet, amountMicros: number, { bounds }: CardPayments) {
  const { minMicros, maxMicros } = bounds;
  if (amountMicros < minMicros || amountMicros > maxMicros) {
    const message = `amount_micros must be from ${minMicros} to ${maxMicros}.`;
    throw new Problem('invalid_request', message, { param: 'amount_micros' });
  }
  const minor = isCardCurrency(wallet.currency)
    ? minorOf(amountMicros, wallet.currency)
    : undefined;
  if (minor === undefined) throw notChargeable('amount_micros');
  return freeOrder(wallet, minor, amountMicros);
}

function packaged(one: TopUpPackage) {
  const chargeMinor = minorOf(one.priceMicros, one.priceCurrency);
  if (chargeMinor === undefined) throw notChargeable('package_id');
  const { name: title, priceCurrency: chargeCurrency, creditMicros, bonusMicros } = one;
  return { packageId: one.id, title, chargeMinor, chargeCurrency, creditMicros, bonusMicros };
}

/** @throws Problem not_found for one that is not on sale to the wallet's organization */
async function packageFor(services: Services, wallet: Wallet, id: string): Promise<TopUpPackage> {
  const one = await services.directory.packages.get(id);
  const { organizationId: owner = null } = one ?? {};
  const forAll = owner === null;
  const sold = forAll || (await chainIds(services, wallet.organizationId)).includes(owner);
  if (one === undefined || !one.active || !sold || one.walletCurrency !== wallet.currency) {
    const message = `There is no package ${id} on sale for this wallet.`;
    throw new Problem('not_found', message, { param: 'package_id' });
  }
  return one;
}

function listRoute({ access, directory }: Services): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/top_ups',
    tag: 'top_ups',
    summary: 'Lists top-ups, newest first.',
    query: z.strictObject({
      organization_id: idSchema.optional(),
      wallet_id: idSchema.optional(),
      origin: z.enum(TOP_UP_ORIGINS).optional(),
      ...pageQuery,
      starting_after: cursorSchema('top').optional(),
    }),
    answers: { 200: listOf(topUpSchema) },
    async handle({ principal, query }) {
      const { organization_id: organizationId, wallet_id: walletId } = query;
      if (organizationId !== undefined) {
        await access.organization(principal, organizationId, 'read');
      }
      if (walletId !== undefined) await access.wallet(principal, walletId, 'read');
      const page = await directory.topUps.list({
        ...pageOf(query),
        ...(organizationId === undefined ? access.scope(principal) : { organizationId }),
        walletId,
        origin: query.origin,
      });
      return { status: 200, body: listBody(page, topUpBody) };
    },
  });
}

function getRoute({ access, directory }: Services): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/top_ups/{top_up_id}',
    tag: 'top_ups',
    summary: 'Reads a top-up, with what its receipt needs.',
    params: z.object({ top_up_id: idSchema }),
    answers: { 200: topUpSchema },
    async handle({ principal, params }) {
      const topUp: TopUp | undefined = await directory.topUps.get(params.top_up_id);
      const decision = topUp && (await access.decide(principal, 'read', topUp.organizationId));
      if (topUp === undefined || decision !== 'allowed') {
        throw new Problem('not_found', `There is no top-up ${params.top_up_id} for this key.`);
      }
      return { status: 200, body: topUpBody(topUp) };
    },
  });
}
