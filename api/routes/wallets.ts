import { z } from '@hono/zod-openapi';
import type { WalletState } from '../../engine/index.ts';
import { initialWalletState, type Wallet } from '../../persistence/index.ts';
import { answerOnce } from '../http/answer-once.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { refusalProblem } from '../http/refusal.ts';
import { cursorSchema, idSchema, listBody, listOf, pageOf, pageQuery } from '../schemas/common.ts';
import {
  newWalletSchema,
  walletBody,
  walletChangesSchema,
  walletLimits,
  walletSchema,
} from '../schemas/wallet.ts';
import type { Services } from '../services.ts';
import { minutesRemaining, voicePriceFor } from '../wallets/voice-minutes.ts';

export const walletParams = z.object({ wallet_id: idSchema });

export function walletRoutes(services: Services): Endpoint[] {
  return [createRoute(services), listRoute(services), getRoute(services), patchRoute(services)];
}

function createRoute({ access, directory }: Services): Endpoint {
  return endpoint({
    method: 'post',
    path: '/v1/wallets',
    tag: 'wallets',
    summary: 'Makes a wallet of one organization in one currency.',
    body: newWalletSchema,
    idempotency: 'accepted',
    answers: { 201: walletSchema },
    problems: ['idempotency_conflict'],
    async handle(request) {
      const { principal, body } = request;
      const organization = await access.organization(principal, body.organization_id, 'manage');
      const { currency, name } = body;
      const limits = walletLimits(body);
      const price = await voicePriceFor(directory, { organizationId: organization.id, currency });
      const write = directory.wallets.creating({ organization, currency, name, limits });
      return answerOnce(directory, request, write, (wallet) => {
        const state = initialWalletState(limits, wallet.createdAt.getTime());
        return walletBody(wallet, state, 0, minutesRemaining(price, state));
      });
    },
  });
}

function listRoute(services: Services): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/wallets',
    tag: 'wallets',
    summary: 'Lists wallets, newest first.',
    query: z.strictObject({
      organization_id: idSchema.optional(),
      ...pageQuery,
      starting_after: cursorSchema('wal').optional(),
    }),
    answers: { 200: listOf(walletSchema) },
    async handle({ principal, query }) {
      const asked = query.organization_id;
      if (asked !== undefined) await services.access.organization(principal, asked, 'read');
      const page = await services.directory.wallets.list({
        ...pageOf(query),
        ...(asked !== undefined ? { organizationId: asked } : services.access.scope(principal)),
      });
      const bodies = await walletBodies(services, page.data);
      return { status: 200, body: listBody({ ...page, data: bodies }, (body) => body) };
    },
  });
}

function getRoute(services: Services): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/wallets/{wallet_id}',
    tag: 'wallets',
    summary: 'Reads a wallet, with its balance of this moment.',
    params: walletParams,
    answers: { 200: walletSchema },
    async handle({ principal, params }) {
      const wallet = await services.access.wallet(principal, params.wallet_id, 'read');
      const [body] = await walletBodies(services, [wallet]);
      return { status: 200, body };
    },
  });
}

function patchRoute(services: Services): Endpoint {
  return endpoint({
    method: 'patch',
    path: '/v1/wallets/{wallet_id}',
    tag: 'wallets',
    summary: 'Changes limits and thresholds, freezes or thaws.',
    params: walletParams,
    body: walletChangesSchema,
    answers: { 200: walletSchema },
    problems: ['balance_out_of_range'],
    async handle({ principal, params, body }) {
      const wallet = await services.access.wallet(principal, params.wallet_id, 'manage');
      const done = await services.engine.configure({
        partition: wallet.partition,
        organizationId: wallet.organizationId,
        walletId: wallet.id,
        changes: changesOf(body),
        memo: {},
      });
      if (done.status !== 'done') throw refusalProblem(done);
      const [row] = done.entry.rows;
      if (row === undefined) throw new Error('a configure entry has no row');
      const [sequences, price] = await Promise.all([
        services.directory.wallets.ledgerSequences([wallet.id]),
        voicePriceFor(services.directory, wallet),
      ]);
      const minutes = minutesRemaining(price, row.wallet);
      const ledgerSequence = sequences.get(wallet.id) ?? 0;
      return { status: 200, body: walletBody(wallet, row.wallet, ledgerSequence, minutes) };
    },
  });
}

function changesOf(body: z.infer<typeof walletChangesSchema>) {
  return {
    ...(body.credit_limit_micros !== undefined && { creditLimitMicros: body.credit_limit_micros }),
    ...(body.cutoff_threshold_micros !== undefined && {
      cutoffThresholdMicros: body.cutoff_threshold_micros,
    }),
    ...(body.low_balance_threshold_micros !== undefined && {
      lowBalanceThresholdMicros: body.low_balance_threshold_micros,
    }),
    ...(body.max_live_calls !== undefined && { maxLiveCalls: body.max_live_calls }),
    ...(body.status !== undefined && { frozen: body.status === 'frozen' }),
  };
}

/** Reads balances from the engine, one question per partition, and the ledger's sequences. */
async function walletBodies({ engine, directory }: Services, wallets: readonly Wallet[]) {
  const idsByPartition = new Map<number, string[]>();
  for (const { partition, id } of wallets) {
    idsByPartition.set(partition, [...(idsByPartition.get(partition) ?? []), id]);
  }
  const states = new Map<string, WalletState>();
  const reads = [...idsByPartition].map(async ([partition, ids]) => {
    for (const [id, state] of await engine.wallets(partition, ids)) states.set(id, state);
  });
  const [sequences, prices] = await Promise.all([
    directory.wallets.ledgerSequences(wallets.map((wallet) => wallet.id)),
    Promise.all(wallets.map((wallet) => voicePriceFor(directory, wallet))),
    ...reads,
  ]);
  return wallets.map((wallet, i) => {
    const state = states.get(wallet.id);
    if (state === undefined) throw new Error(`${wallet.id} has no state`);
    const minutes = minutesRemaining(prices[i], state);
    return walletBody(wallet, state, sequences.get(wallet.id) ?? 0, minutes);
  });
}
