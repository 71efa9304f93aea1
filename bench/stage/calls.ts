/** The operations of the canonical workload, on whatever wallet they are given. */
import { type AuthorizeInput, callHoldId, NO_POLICY, requestHoldId } from '../../engine/index.ts';
import { CHARGE_MICROS, POLICY, PRICE, TALK_MS } from '../workload.ts';
import type { Stage } from './stage.ts';
import type { BenchWallet } from './wallets.ts';

export interface BenchCall {
  readonly partition: number;
  readonly holdId: string;
}

const FINGERPRINT = 'f'.repeat(43);
const KEEP_MS = 3_600_000;

/** Throws unless the engine did it: a benchmark of refusals would be fast and worthless. */
export async function done<T extends { readonly status: string }>(
  ...[what, outcome, ...others]: [what: string, outcome: Promise<T>, ...others: string[]]
): Promise<T> {
  const reply = await outcome;
  if (reply.status !== 'done' && !others.includes(reply.status)) {
    throw new Error(`${what}: ${reply.status}`);
  }
  return reply;
}

export function authorizeInput(
  organizationId: string,
  callId: string,
  wallets: readonly BenchWallet[],
): AuthorizeInput {
  return {
    partition: wallets[0]?.partition ?? 0,
    request: { kind: 'call', scope: organizationId, key: callId, fingerprint: FINGERPRINT },
    holdId: callHoldId(organizationId, callId),
    organizationId,
    kind: 'call',
    callId,
    hasProvider: true,
    ttlMs: 0,
    maxDurationMs: KEEP_MS,
    capFloorMs: 0,
    policy: POLICY,
    unbilled: false,
    legs: legsOf(wallets, 0),
    memo: { service: 'voice_minute' },
  };
}

/** An amount hold under an explicit key. */
export function amountInput(
  organizationId: string,
  key: string,
  wallet: BenchWallet,
  ttlMs = KEEP_MS,
): AuthorizeInput {
  const request = {
    kind: 'request',
    scope: organizationId,
    key,
    fingerprint: FINGERPRINT,
  } as const;
  return {
    ...authorizeInput(organizationId, key, [wallet]),
    request,
    holdId: requestHoldId(organizationId, key),
    kind: 'amount',
    callId: '',
    hasProvider: false,
    ttlMs,
    maxDurationMs: 0,
    policy: NO_POLICY,
    legs: legsOf([wallet], CHARGE_MICROS),
  };
}

function legsOf(wallets: readonly BenchWallet[], amountMicros: number): AuthorizeInput['legs'] {
  return wallets.map(({ id }, at) => ({
    walletId: id,
    role: at === 0 ? 'client' : 'agency',
    amountMicros,
    price: PRICE,
  }));
}

export function requestOf(organizationId: string, key: string) {
  return { kind: 'request', scope: organizationId, key, fingerprint: FINGERPRINT } as const;
}

/** The verbs, each one script, each throwing unless it was done. */
export function createOperations({ engine }: Pick<Stage, 'engine'>, organizationId: string) {
  const owner = { organizationId, unbilled: false };
  return {
    async authorize(callId: string, ...wallets: BenchWallet[]): Promise<BenchCall> {
      const input = authorizeInput(organizationId, callId, wallets);
      await done('authorize', engine.authorize(input));
      return { partition: input.partition, holdId: input.holdId };
    },
    async hold(key: string, wallet: BenchWallet, ttlMs?: number): Promise<BenchCall> {
      const input = amountInput(organizationId, key, wallet, ttlMs);
      await done('hold', engine.authorize(input));
      return { partition: input.partition, holdId: input.holdId };
    },
    start: (call: BenchCall) => done('start', engine.start(call)),
    /** The call has talked for `elapsedMs`: the clock moves on, and the hold is extended. */
    check: (call: BenchCall, elapsedMs: number) =>
      done('check', engine.check({ ...call, elapsedMs, proofOfLife: true }), 'extended', 'covered'),
    extend: (call: BenchCall, key: string) =>
      done(
        'extend',
        engine.extend({
          ...call,
          amountMicros: CHARGE_MICROS,
          request: requestOf(organizationId, key),
        }),
      ),
    capture: (call: BenchCall, durationMs = TALK_MS) =>
      done('capture', engine.capture({ ...call, durationMs, evidence: 3, outcome: 'completed' })),
    void: (call: BenchCall) => done('void', engine.void(call)),
    expire: (call: BenchCall) => done('expire', engine.expire(call)),
    settle: (call: BenchCall, durationMs: number) =>
      done('settle', engine.settle({ ...call, durationMs, evidence: 4, outcome: 'completed' })),
    charge: (key: string, { id, partition }: BenchWallet) =>
      done(
        'charge',
        engine.charge({
          ...owner,
          partition,
          request: requestOf(organizationId, key),
          overdraft: true,
          legs: [{ walletId: id, role: 'client', amountMicros: CHARGE_MICROS }],
        }),
      ),
    credit: (key: string, { id, partition }: BenchWallet) =>
      done(
        'credit',
        engine.credit({
          organizationId,
          partition,
          request: requestOf(organizationId, key),
          walletId: id,
          kind: 'deposit',
          amountMicros: CHARGE_MICROS,
        }),
      ),
    transfer: (key: string, from: BenchWallet, to: BenchWallet) =>
      done(
        'transfer',
        engine.transfer({
          organizationId,
          partition: from.partition,
          request: requestOf(organizationId, key),
          fromWalletId: from.id,
          toWalletId: to.id,
          amountMicros: 1,
        }),
      ),
  };
}

export type Operations = ReturnType<typeof createOperations>;
