/**
 * Packages that top-ups are sold in. Whoever may make money may sell any; an agency sells to its
 * own tree what makes none: the wallet gets no more than the card pays.
 */
import { z } from '@hono/zod-openapi';
import { isCardCurrency, minorOf } from '../../payments/index.ts';
import type { NewTopUpPackage } from '../../persistence/index.ts';
import { type Access, forbidden } from '../auth/access.ts';
import type { Principal } from '../auth/principal.ts';
import { answerOnce } from '../http/answer-once.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { cursorSchema, idSchema, listBody, listOf, pageOf, pageQuery } from '../schemas/common.ts';
import { newPackageSchema, packageBody, packageSchema } from '../schemas/top-up.ts';
import type { Services } from '../services.ts';

export function packageRoutes(services: Services): Endpoint[] {
  return [createRoute(services), listRoute(services), withdrawRoute(services)];
}

function createRoute({ access, directory }: Services): Endpoint {
  return endpoint({
    method: 'post',
    path: '/v1/packages',
    tag: 'top_ups',
    summary: 'Puts a package on sale.',
    body: newPackageSchema,
    idempotency: 'accepted',
    answers: { 201: packageSchema },
    problems: ['idempotency_conflict'],
    async handle(request) {
      const { principal, body } = request;
      const offer = {
        organizationId: body.organization_id ?? null,
        name: body.name,
        priceMicros: body.price_micros,
        priceCurrency: body.price_currency,
        creditMicros: body.credit_micros,
        walletCurrency: body.wallet_currency ?? body.price_currency,
        bonusMicros: body.bonus_micros ?? 0,
      };
      await maySell(access, principal, offer);
      const priced = isCardCurrency(body.price_currency)
        ? minorOf(body.price_micros, body.price_currency)
        : undefined;
      if (priced === undefined) throw notChargeable('price_micros');
      return answerOnce(directory, request, directory.packages.creating(offer), packageBody);
    },
  });
}

function listRoute(services: Services): Endpoint {
  const { access, directory } = services;
  return endpoint({
    method: 'get',
    path: '/v1/packages',
    tag: 'top_ups',
    summary: 'Lists the packages on sale to an organization, newest first.',
    query: z.strictObject({
      organization_id: idSchema.optional(),
      ...pageQuery,
      starting_after: cursorSchema('pkg').optional(),
    }),
    answers: { 200: listOf(packageSchema) },
    async handle({ principal, query }) {
      const asked = query.organization_id ?? principal.organizationId ?? undefined;
      if (asked !== undefined) await access.organization(principal, asked, 'read');
      const chain = asked === undefined ? undefined : await chainIds(services, asked);
      const page = await directory.packages.list({ ...pageOf(query), chain });
      return { status: 200, body: listBody(page, packageBody) };
    },
  });
}

function withdrawRoute(services: Services): Endpoint {
  const { access, directory } = services;
  return endpoint({
    method: 'delete',
    path: '/v1/packages/{package_id}',
    tag: 'top_ups',
    summary: 'Takes a package off sale; orders that were made stay.',
    params: z.object({ package_id: idSchema }),
    answers: { 200: packageSchema },
    async handle({ principal, params }) {
      const known = await directory.packages.get(params.package_id);
      if (known === undefined) throw unknownPackage(params.package_id);
      await maySell(access, principal, known);
      const withdrawn = await directory.packages.withdraw(params.package_id);
      if (withdrawn === undefined) throw unknownPackage(params.package_id);
      return { status: 200, body: packageBody(withdrawn) };
    },
  });
}

/** @throws Problem not_found, forbidden */
async function maySell(access: Access, principal: Principal, offer: NewTopUpPackage) {
  const { organizationId, priceMicros, creditMicros, bonusMicros } = offer;
  if (organizationId === null) {
    access.platform(principal);
    return;
  }
  const own = principal.role === 'agency';
  await access.organization(principal, organizationId, own ? 'read' : 'treasury');
  const sameMoney = offer.priceCurrency === offer.walletCurrency;
  if (!own || (sameMoney && creditMicros + bonusMicros <= priceMicros)) return;
  throw forbidden(
    'An agency sells its own currency for no less than it is worth: wallet_currency must be ' +
      'price_currency, and credit_micros with bonus_micros no more than price_micros.',
  );
}

/** An organization and all above it. */
export async function chainIds({ directory }: Services, organizationId: string) {
  return (await directory.organizations.chain(organizationId)).map(({ id }) => id);
}

function unknownPackage(id: string): Problem {
  return new Problem('not_found', `There is no package ${id} for this key.`);
}

/** A remainder, or something that is no currency. */
export function notChargeable(param: string): Problem {
  const message = 'A card cannot be charged exactly this amount in this currency.';
  return new Problem('invalid_request', message, { param });
}
