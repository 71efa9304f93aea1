// authorize: opens a hold over 1-4 legs, all of them or none.

import { attempt, type EngineContext, requestKeyOf, walletKeys } from './context.ts';
import { authorizeScript } from './generated/index.ts';
import type { HoldPolicy } from './generated/layouts.ts';
import { newMutationId } from './ids.ts';
import { keys } from './keys.ts';
import { type Memo, memoText } from './memo.ts';
import type { Price } from './price.ts';
import { type RequestKey, requestArgs } from './request-key.ts';

export interface AuthorizeLeg {
  readonly walletId: string;
  /** `client`, `agency`, ...: named in a refusal. */
  readonly role: string;
  /** Amount holds: what to set aside, micros >= 0. Calls: 0. */
  readonly amountMicros: number;
  readonly price: Price;
}

export interface AuthorizeInput {
  readonly partition: number;
  readonly request: RequestKey;
  readonly holdId: string;
  readonly organizationId: string;
  readonly kind: 'call' | 'amount';
  /** The caller's own id; empty for an amount hold. */
  readonly callId: string;
  readonly hasProvider: boolean;
  /** Amount holds: time to live in ms, 0 = none. */
  readonly ttlMs: number;
  readonly maxDurationMs: number;
  /** Refuse unless this much talk is affordable (a provider's least cap), 0 = no such bound. */
  readonly capFloorMs: number;
  readonly policy: HoldPolicy;
  /** Billing is off: freeze and caps do not count; prices are expected to be FREE. */
  readonly unbilled: boolean;
  /** 1-4 legs, each on another wallet, the client first. */
  readonly legs: readonly AuthorizeLeg[];
  readonly memo?: Memo;
}

/** Amount holds have no call policy. */
export const NO_POLICY: HoldPolicy = {
  minimumMs: 0,
  quantumMs: 0,
  warnMs: 0,
  leadMs: 0,
  ringMs: 0,
  heartbeatMs: 0,
  endMessageMs: 0,
};

export async function authorize(context: EngineContext, input: AuthorizeInput) {
  context.admit(input.partition);
  const walletIds = input.legs.map((leg) => leg.walletId);
  const args = authorizeArgs(input);
  const outcome = await attempt(context, input.partition, input.request, (checkedEpoch) =>
    context.runner.run(
      input.partition,
      authorizeScript,
      {
        partition: keys.partition(input.partition),
        journal: keys.journal(input.partition),
        request: requestKeyOf(input.partition, input.request),
        due: keys.due(input.partition),
        hold: keys.hold(input.partition, input.holdId),
        legs: walletKeys(input.partition, walletIds),
      },
      { ...args, checkedEpoch },
    ),
  );
  if (outcome.status === 'done') context.legs.set(input.holdId, walletIds);
  return outcome;
}

function authorizeArgs(input: AuthorizeInput) {
  const { policy } = input;
  return {
    mutationId: newMutationId(),
    memo: memoText(input.memo),
    occurredAtMs: 0,
    ...requestArgs(input.request),
    organizationId: input.organizationId,
    holdId: input.holdId,
    kind: input.kind,
    callId: input.callId,
    hasProvider: input.hasProvider,
    ttlMs: input.ttlMs,
    maxDurationMs: input.maxDurationMs,
    capFloorMs: input.capFloorMs,
    unbilled: input.unbilled,
    ...policy,
    legs: input.legs.map((leg) => ({
      walletId: leg.walletId,
      role: leg.role,
      amountMicros: leg.amountMicros,
      ...priceFields(leg.price),
    })),
  };
}

/** A price's fields alone: callers may hand in objects that carry more. */
export function priceFields(price: Price): Price {
  return {
    rateMicrosPerMinute: price.rateMicrosPerMinute,
    initialMs: price.initialMs,
    subsequentMs: price.subsequentMs,
    connectionFeeMicros: price.connectionFeeMicros,
    minimumMicros: price.minimumMicros,
  };
}
