// start, check, record: a call's own verbs.

import type { AuthorizeLeg } from './authorize.ts';
import { priceFields } from './authorize.ts';
import { attempt, type EngineContext, walletKeys } from './context.ts';
import { checkScript, recordScript, startScript } from './generated/index.ts';
import type { Evidence } from './hold-verbs.ts';
import { newMutationId } from './ids.ts';
import { keys } from './keys.ts';
import { type Memo, memoText } from './memo.ts';
import { type HoldRef, holdKeys, onHold } from './on-hold.ts';
import { type RequestKey, requestArgs } from './request-key.ts';

export interface StartInput extends HoldRef {
  /** When it was answered; default now; a time in the future becomes now. */
  readonly startedAtMs?: number;
  readonly memo?: Memo;
}

export interface CheckInput extends HoldRef {
  /** Talk time so far, if the asker knows it. */
  readonly elapsedMs?: number;
  /** The asker has seen the call alive; false for the enforcer's own timer. */
  readonly proofOfLife: boolean;
}

export interface RecordInput {
  readonly partition: number;
  readonly request: RequestKey;
  readonly holdId: string;
  readonly organizationId: string;
  readonly callId: string;
  readonly durationMs: number;
  readonly evidence: Evidence;
  readonly outcome?: string;
  readonly occurredAtMs?: number;
  readonly legs: readonly Omit<AuthorizeLeg, 'amountMicros'>[];
  readonly memo?: Memo;
}

export async function start(context: EngineContext, input: StartInput) {
  return onHold(context, input, (wallets) =>
    attempt(context, input.partition, undefined, () =>
      context.runner.run(input.partition, startScript, holdKeys(input, wallets), {
        mutationId: newMutationId(),
        memo: memoText(input.memo),
        holdId: input.holdId,
        startedAtMs: input.startedAtMs ?? 0,
      }),
    ),
  );
}

export async function check(context: EngineContext, input: CheckInput) {
  return onHold(context, input, (wallets) =>
    attempt(context, input.partition, undefined, () =>
      context.runner.run(input.partition, checkScript, holdKeys(input, wallets), {
        mutationId: newMutationId(),
        memo: '{}',
        holdId: input.holdId,
        elapsedMs: input.elapsedMs ?? 0,
        proofOfLife: input.proofOfLife,
      }),
    ),
  );
}

/** Charges a call that had no hold, after asking the ledger whether it was charged before. */
export async function record(context: EngineContext, input: RecordInput) {
  const held = await context.loader.hold(input.partition, input.holdId);
  if (held) return { status: 'hold_exists', hold: held } as const;
  return attempt(context, input.partition, input.request, (checkedEpoch) =>
    context.runner.run(
      input.partition,
      recordScript,
      {
        partition: keys.partition(input.partition),
        journal: keys.journal(input.partition),
        hold: keys.hold(input.partition, input.holdId),
        legs: walletKeys(
          input.partition,
          input.legs.map((leg) => leg.walletId),
        ),
      },
      {
        mutationId: newMutationId(),
        memo: memoText(input.memo),
        occurredAtMs: input.occurredAtMs ?? 0,
        ...requestArgs(input.request),
        checkedEpoch,
        organizationId: input.organizationId,
        holdId: input.holdId,
        callId: input.callId,
        durationMs: input.durationMs,
        evidence: input.evidence,
        outcome: input.outcome ?? '',
        legs: input.legs.map((leg) => ({
          walletId: leg.walletId,
          role: leg.role,
          ...priceFields(leg.price),
        })),
      },
    ),
  );
}
