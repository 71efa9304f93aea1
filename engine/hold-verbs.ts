// extend, capture, void, expire, settle: what becomes of a hold. Each ends in one script.

import { attempt, type EngineContext, requestKeyOf } from './context.ts';
import {
  captureScript,
  expireScript,
  extendScript,
  settleScript,
  voidScript,
} from './generated/index.ts';
import { newMutationId } from './ids.ts';
import { type Memo, memoText } from './memo.ts';
import { type HoldRef, holdKeys, onHold } from './on-hold.ts';
import { type RequestKey, requestArgs } from './request-key.ts';

/** How good the source of a duration is: weaker never overrides stronger. */
export const EVIDENCE = {
  none: 0,
  clock: 1,
  caller: 2,
  /** Webhooks and records of an account that the call's own organization brought. */
  own_account: 3,
  /** The same, of an organization above it. */
  agency_account: 4,
  provider_webhook: 5,
  provider_record: 6,
} as const;
export type Evidence = (typeof EVIDENCE)[keyof typeof EVIDENCE];

export interface ExtendInput extends HoldRef {
  /** Micros to add, > 0. */
  readonly amountMicros: number;
  readonly request: RequestKey;
  readonly memo?: Memo;
}

export interface EndInput extends HoldRef {
  /** Calls: talk time in ms, >= 0. */
  readonly durationMs?: number;
  /** Amount holds: micros taken, >= 0. */
  readonly amountMicros?: number;
  readonly evidence: Evidence;
  /** completed, voicemail, no_answer, failed, or empty. */
  readonly outcome?: string;
  readonly occurredAtMs?: number;
  readonly request?: RequestKey;
  readonly memo?: Memo;
}

export interface VoidInput extends HoldRef {
  readonly request?: RequestKey;
  readonly evidence?: Evidence;
  readonly outcome?: string;
  readonly memo?: Memo;
}

export interface ExpireInput extends HoldRef {
  /** A provider is known to make this call, whatever was known when it was authorized. */
  readonly hasProvider?: boolean;
}

export async function extend(context: EngineContext, input: ExtendInput) {
  context.admit(input.partition);
  return onHold(context, input, (wallets) =>
    attempt(context, input.partition, input.request, (checkedEpoch) =>
      context.runner.run(
        input.partition,
        extendScript,
        withRequest(input, wallets, input.request),
        {
          ...head(input.memo),
          ...requestArgs(input.request),
          checkedEpoch,
          holdId: input.holdId,
          amountMicros: input.amountMicros,
        },
      ),
    ),
  );
}

export async function capture(context: EngineContext, input: EndInput) {
  return onHold(context, input, (wallets) =>
    attempt(context, input.partition, input.request, (checkedEpoch) =>
      context.runner.run(
        input.partition,
        captureScript,
        withRequest(input, wallets, input.request),
        {
          ...head(input.memo),
          ...requestArgs(input.request),
          checkedEpoch,
          ...endArgs(input),
        },
      ),
    ),
  );
}

export async function voidHold(context: EngineContext, input: VoidInput) {
  return onHold(context, input, (wallets) =>
    attempt(context, input.partition, input.request, (checkedEpoch) =>
      context.runner.run(input.partition, voidScript, withRequest(input, wallets, input.request), {
        ...head(input.memo),
        occurredAtMs: 0,
        ...requestArgs(input.request),
        checkedEpoch,
        holdId: input.holdId,
        evidence: input.evidence ?? EVIDENCE.caller,
        outcome: input.outcome ?? '',
      }),
    ),
  );
}

export async function expire(context: EngineContext, input: ExpireInput) {
  return onHold(context, input, (wallets) =>
    attempt(context, input.partition, undefined, () =>
      context.runner.run(input.partition, expireScript, holdKeys(input, wallets), {
        ...head(undefined),
        holdId: input.holdId,
        hasProvider: input.hasProvider ?? false,
      }),
    ),
  );
}

export async function settle(context: EngineContext, input: EndInput) {
  return onHold(context, input, (wallets) =>
    attempt(context, input.partition, undefined, () =>
      context.runner.run(input.partition, settleScript, holdKeys(input, wallets), {
        ...head(input.memo),
        ...endArgs(input),
      }),
    ),
  );
}

function head(memo: Memo | undefined) {
  return { mutationId: newMutationId(), memo: memoText(memo) };
}

function endArgs(input: EndInput) {
  return {
    occurredAtMs: input.occurredAtMs ?? 0,
    holdId: input.holdId,
    durationMs: input.durationMs ?? 0,
    amountMicros: input.amountMicros ?? 0,
    evidence: input.evidence,
    outcome: input.outcome ?? '',
  };
}

function withRequest(ref: HoldRef, wallets: readonly string[], request: RequestKey | undefined) {
  return { ...holdKeys(ref, wallets), request: requestKeyOf(ref.partition, request) };
}
