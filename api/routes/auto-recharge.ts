/** The auto-recharge of a wallet: a saved card is charged when the wallet runs low. */
import { z } from '@hono/zod-openapi';
import { isFrozen, spendableOf } from '../../engine/index.ts';
import {
  capSpans,
  isCardCurrency,
  minorOf,
  savedCard,
  sizeOf,
  translated,
} from '../../payments/index.ts';
import type {
  AutoRecharge,
  AutoRechargeTerms,
  SavedCard,
  Wallet,
} from '../../persistence/index.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { refusalProblem } from '../http/refusal.ts';
import type { CardPayments } from '../payments.ts';
import {
  autoRechargeBody,
  autoRechargeSchema,
  autoRechargeTermsSchema,
  termsOf,
} from '../schemas/auto-recharge.ts';
import type { Services } from '../services.ts';
import { notChargeable } from './packages.ts';
import { walletParams } from './wallets.ts';

const shared = {
  path: '/v1/wallets/{wallet_id}/auto_recharge',
  tag: 'top_ups',
  params: walletParams,
  answers: { 200: autoRechargeSchema },
} as const;

export function autoRechargeRoutes(services: Services, payments: CardPayments): Endpoint[] {
  return [getRoute(services), putRoute(services, payments), deleteRoute(services)];
}

function getRoute(services: Services): Endpoint {
  return endpoint({
    ...shared,
    method: 'get',
    summary:
      'Reads the auto-recharge of a wallet and how it stands. Its attempts are ' +
      '`GET /v1/top_ups?wallet_id=...&origin=auto_recharge`.',
    async handle({ principal, params }) {
      const wallet = await services.access.wallet(principal, params.wallet_id, 'read');
      const recharge = await services.directory.autoRecharges.get(wallet.id);
      if (recharge === undefined) throw none(wallet);
      return { status: 200, body: autoRechargeBody(await viewOf(services, recharge)) };
    },
  });
}

function putRoute(services: Services, payments: CardPayments): Endpoint {
  return endpoint({
    ...shared,
    method: 'put',
    summary:
      'Sets the auto-recharge of a wallet and starts it anew. Where the wallet is at or under the ' +
      'threshold this charges at once: `charges_now_micros` says how much. `dry_run=true` says so ' +
      'and sets nothing.',
    query: z.strictObject({
      dry_run: z.enum(['true', 'false'], 'must be true or false').optional(),
    }),
    body: autoRechargeTermsSchema,
    problems: ['payments_not_configured', 'card_not_saved', 'stripe_refused', 'stripe_unreachable'],
    async handle({ principal, params, query, body }) {
      const wallet = await services.access.wallet(principal, params.wallet_id, 'operate');
      const { stripe } = payments;
      if (stripe === undefined) throw new Problem('payments_not_configured');
      if (body.bridge_micros !== undefined) {
        services.access.platform(principal);
      }
      const before = await services.directory.autoRecharges.get(wallet.id);
      const terms = termsOf(body, before?.bridgeMicros ?? 0);
      checkTerms(wallet, terms, payments);
      const { organizationId } = wallet;
      const card = await translated(() => savedCard(stripe, organizationId, body.payment_method));
      if (card === undefined) throw new Problem('card_not_saved');
      const chargesNowMicros = await chargesNow(services, wallet, terms, payments);
      const dry = query.dry_run === 'true';
      const recharge = dry
        ? drafted(wallet, terms, card)
        : await services.directory.autoRecharges.put(wallet, terms, card);
      if (!dry) await judged(services, wallet);
      const view = { ...(await viewOf(services, recharge)), chargesNowMicros };
      return { status: 200, body: autoRechargeBody(view) };
    },
  });
}

function deleteRoute(services: Services): Endpoint {
  return endpoint({
    ...shared,
    method: 'delete',
    summary: 'Switches the auto-recharge of a wallet off. A charge that is under way goes on.',
    async handle({ principal, params }) {
      const wallet = await services.access.wallet(principal, params.wallet_id, 'operate');
      const recharge = await services.directory.autoRecharges.remove(wallet);
      if (recharge === undefined) throw none(wallet);
      return { status: 200, body: autoRechargeBody(await viewOf(services, recharge)) };
    },
  });
}

async function viewOf({ directory }: Services, recharge: AutoRecharge) {
  const { walletId, confirmTopUpId } = recharge;
  const [used, confirm] = await Promise.all([
    directory.rechargeAttempts.usages(walletId, capSpans(new Date())),
    confirmTopUpId === null ? undefined : directory.topUps.get(confirmTopUpId),
  ]);
  return { recharge, used, confirm };
}

/** @throws Problem invalid_request: it could never be charged */
function checkTerms(wallet: Wallet, terms: AutoRechargeTerms, { bounds }: CardPayments): void {
  const { amountMicros, dailyMaxMicros, monthlyMaxMicros } = terms;
  if (!isCardCurrency(wallet.currency)) throw notChargeable('wallet_id');
  const { minMicros, maxMicros } = bounds;
  if (amountMicros !== null) {
    if (amountMicros < minMicros || amountMicros > maxMicros) {
      throw outOf('amount_micros', `from ${minMicros} to ${maxMicros}`);
    }
    if (minorOf(amountMicros, wallet.currency) === undefined) throw notChargeable('amount_micros');
  }
  const least = amountMicros ?? minMicros;
  if (dailyMaxMicros !== null && dailyMaxMicros < least) {
    throw outOf('daily_max_micros', `at least ${least}, which is the least charge`);
  }
  if (monthlyMaxMicros !== null && monthlyMaxMicros < least) {
    throw outOf('monthly_max_micros', `at least ${least}, which is the least charge`);
  }
}

function outOf(param: string, bounds: string): Problem {
  return new Problem('invalid_request', `${param} must be ${bounds}.`, { param });
}

/** What would be charged at once; 0: nothing. */
async function chargesNow(
  { engine, directory }: Services,
  wallet: Wallet,
  terms: AutoRechargeTerms,
  { bounds }: CardPayments,
): Promise<number> {
  const state = (await engine.wallets(wallet.partition, [wallet.id])).get(wallet.id);
  if (state === undefined) throw new Error(`${wallet.id} has no state`);
  const spendable = spendableOf(state);
  if (isFrozen(state) || spendable > terms.thresholdMicros) return 0;
  const now = new Date();
  const [open, used] = await Promise.all([
    directory.rechargeAttempts.isOpen(wallet.id),
    directory.rechargeAttempts.usages(wallet.id, capSpans(now)),
  ]);
  if (open) return 0;
  const size = sizeOf(terms, spendable, used, { ...bounds, currency: wallet.currency }, now);
  return size.kind === 'charge' ? size.micros : 0;
}

/** An entry that changes nothing: thresholds are judged where the ledger is written, in its order. */
async function judged({ engine }: Services, wallet: Wallet): Promise<void> {
  const done = await engine.configure({
    partition: wallet.partition,
    organizationId: wallet.organizationId,
    walletId: wallet.id,
    changes: {},
    memo: { description: 'auto-recharge was set' },
  });
  if (done.status !== 'done') throw refusalProblem(done);
}

/** What would be stored. */
function drafted(wallet: Wallet, terms: AutoRechargeTerms, card: SavedCard): AutoRecharge {
  const now = new Date();
  return {
    ...terms,
    ...card,
    walletId: wallet.id,
    organizationId: wallet.organizationId,
    status: 'active',
    stoppedReason: null,
    attemptId: null,
    confirmTopUpId: null,
    failures: 0,
    belowSince: null,
    notBefore: new Date(0),
    capped: null,
    createdAt: now,
    updatedAt: now,
  };
}

function none({ id }: Wallet): Problem {
  return new Problem('not_found', `The wallet ${id} has no auto-recharge.`);
}
