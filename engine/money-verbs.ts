// charge, credit, transfer, configure: mutations of wallets without a hold.

import { setTimeout } from 'node:timers/promises';
import { attempt, type EngineContext, requestKeyOf, walletKeys } from './context.ts';
import { RequestError } from './errors.ts';
import { chargeScript, configureScript, creditScript, transferScript } from './generated/index.ts';
import { newMutationId } from './ids.ts';
import { keys } from './keys.ts';
import { type Memo, memoText } from './memo.ts';
import { onHold } from './on-hold.ts';
import { type RequestKey, requestArgs } from './request-key.ts';

interface MoneyInput {
  readonly partition: number;
  readonly request: RequestKey;
  readonly organizationId: string;
  readonly occurredAtMs?: number;
  readonly memo?: Memo;
}

export interface ChargeInput extends MoneyInput {
  readonly kind?: 'charge' | 'transfer';
  /** false: an asset, paid from money that is there; credit does not count. */
  readonly overdraft: boolean;
  readonly unbilled: boolean;
  readonly legs: readonly {
    readonly walletId: string;
    readonly role: string;
    readonly amountMicros: number;
  }[];
}

export type CreditKind =
  | 'deposit'
  | 'bonus'
  | 'refund'
  | 'adjustment'
  | 'auto_recharge'
  | 'dispute'
  | 'transfer';

export interface CreditInput extends MoneyInput {
  readonly walletId: string;
  readonly kind: CreditKind;
  /** Micros; negative only for an adjustment or a dispute. */
  readonly amountMicros: number;
  /** The ledger entry that a refund gives back. */
  readonly refunds?: string;
}

export interface TransferInput extends MoneyInput {
  readonly fromWalletId: string;
  readonly toWalletId: string;
  readonly amountMicros: number;
}

export interface ConfigureInput {
  readonly partition: number;
  readonly organizationId: string;
  readonly walletId: string;
  /** What is left out stays as it is. */
  readonly changes: {
    readonly creditLimitMicros?: number;
    readonly cutoffThresholdMicros?: number;
    readonly lowBalanceThresholdMicros?: number;
    readonly maxLiveCalls?: number;
    readonly frozen?: boolean;
    /** Its entries in the ledger were set aside; not for operators to say. */
    readonly quarantined?: boolean;
  };
  readonly memo?: Memo;
}

export async function charge(context: EngineContext, input: ChargeInput) {
  context.admit(input.partition);
  const wallets = input.legs.map((leg) => leg.walletId);
  return attempt(context, input.partition, input.request, (checkedEpoch) =>
    context.runner.run(
      input.partition,
      chargeScript,
      { ...common(input), legs: walletKeys(input.partition, wallets) },
      {
        ...head(input),
        checkedEpoch,
        kind: input.kind ?? 'charge',
        overdraft: input.overdraft,
        unbilled: input.unbilled,
        legs: input.legs,
      },
    ),
  );
}

/** Throws RequestError `entry_not_in_ledger` when the entry to refund is not committed (yet). */
export async function credit(context: EngineContext, input: CreditInput) {
  const refundable = await refundableOf(context, input);
  const { partition } = input;
  const { holdId } = refundable;
  const run = () =>
    attempt(context, partition, input.request, (checkedEpoch) =>
      context.runner.run(
        partition,
        creditScript,
        {
          ...common(input),
          due: keys.due(partition),
          wallet: keys.wallet(partition, input.walletId),
          refund: keys.refund(partition, input.refunds ?? '-'),
          hold: keys.hold(partition, holdId || '-'),
        },
        {
          ...head(input),
          checkedEpoch,
          walletId: input.walletId,
          kind: input.kind,
          amountMicros: input.amountMicros,
          ...refundable,
        },
      ),
    );
  return holdId === '' ? run() : onHold(context, { partition, holdId }, run);
}

const ENTRY_WAIT_MAX_MS = 400;
const ENTRY_POLL_MS = 40;
const NOT_A_REFUND = { refundableMicros: -1, refundedMicros: 0, holdId: '' };

async function refundableOf(context: EngineContext, input: CreditInput) {
  if (input.refunds === undefined) return NOT_A_REFUND;
  const entry = await committedEntry(context, input.refunds);
  if (!entry || entry.walletId !== input.walletId) {
    throw new RequestError('entry_not_in_ledger', undefined, { param: 'refunds' });
  }
  if (entry.kind !== 'charge' && entry.kind !== 'capture') {
    throw new RequestError('invalid_request', 'Only a charge or a capture can be refunded.', {
      param: 'refunds',
    });
  }
  const { amountMicros, refundedMicros, holdId } = entry;
  return { refundableMicros: 0 - amountMicros, refundedMicros, holdId };
}

/** An entry made a moment ago is waited for: it reaches the ledger within milliseconds. */
async function committedEntry(context: EngineContext, id: string) {
  for (let waited = 0; ; waited += ENTRY_POLL_MS) {
    const entry = await context.ledger.entry(id);
    if (entry || waited >= ENTRY_WAIT_MAX_MS) return entry;
    await setTimeout(ENTRY_POLL_MS);
  }
}

export async function transfer(context: EngineContext, input: TransferInput) {
  context.admit(input.partition);
  return attempt(context, input.partition, input.request, (checkedEpoch) =>
    context.runner.run(
      input.partition,
      transferScript,
      {
        ...common(input),
        due: keys.due(input.partition),
        from: keys.wallet(input.partition, input.fromWalletId),
        to: keys.wallet(input.partition, input.toWalletId),
      },
      {
        ...head(input),
        checkedEpoch,
        fromWalletId: input.fromWalletId,
        toWalletId: input.toWalletId,
        amountMicros: input.amountMicros,
      },
    ),
  );
}

export async function configure(context: EngineContext, input: ConfigureInput) {
  const { changes } = input;
  const given = (value: number | undefined) => (value === undefined ? '' : String(value));
  const flag = (value: boolean | undefined) => given(value === undefined ? value : Number(value));
  return attempt(context, input.partition, undefined, () =>
    context.runner.run(
      input.partition,
      configureScript,
      {
        partition: keys.partition(input.partition),
        journal: keys.journal(input.partition),
        due: keys.due(input.partition),
        wallet: keys.wallet(input.partition, input.walletId),
      },
      {
        mutationId: newMutationId(),
        memo: memoText(input.memo),
        organizationId: input.organizationId,
        walletId: input.walletId,
        creditLimitMicros: given(changes.creditLimitMicros),
        cutoffThresholdMicros: given(changes.cutoffThresholdMicros),
        lowBalanceThresholdMicros: given(changes.lowBalanceThresholdMicros),
        maxLiveCalls: given(changes.maxLiveCalls),
        frozen: flag(changes.frozen),
        quarantined: flag(changes.quarantined),
      },
    ),
  );
}

function common(input: MoneyInput) {
  return {
    partition: keys.partition(input.partition),
    journal: keys.journal(input.partition),
    request: requestKeyOf(input.partition, input.request),
  };
}

function head(input: MoneyInput) {
  return {
    mutationId: newMutationId(),
    memo: memoText(input.memo),
    occurredAtMs: input.occurredAtMs ?? 0,
    ...requestArgs(input.request),
    organizationId: input.organizationId,
  };
}
