// The model's journal: rows are made by moving wallets, entries by the mutation that moved them.

import type { HoldState, JournalEntry, JournalRow, WalletState } from '../generated/layouts.ts';
import { type Memo, memoText } from '../memo.ts';
import { NO_REQUEST, type RequestKey, requestArgs } from '../request-key.ts';
import { shortfallBetween } from './money.ts';
import type { Draft } from './state.ts';
import { wakeIfRicher } from './wallets.ts';

export interface Movement {
  readonly walletId: string;
  readonly kind: string;
  readonly amountMicros: number;
  readonly heldDeltaMicros: number;
  /** Other fields of the wallet that change in the same step. */
  readonly changes?: Partial<WalletState>;
}

/** I1, I2, I5: moves one wallet by one row, with the next sequence, and wakes it if it got richer. */
export function move(draft: Draft, wallet: WalletState, movement: Movement): JournalRow {
  const { walletId, kind, amountMicros, heldDeltaMicros, changes = {} } = movement;
  const after: WalletState = {
    ...wallet,
    ...changes,
    postedMicros: wallet.postedMicros + amountMicros,
    heldMicros: wallet.heldMicros + heldDeltaMicros,
    sequence: wallet.sequence + 1,
    updatedAtMs: draft.partition.nowMs,
  };
  draft.wallets.set(walletId, after);
  wakeIfRicher(draft, walletId, wallet, after);
  return {
    walletId,
    sequence: after.sequence,
    kind,
    amountMicros,
    heldDeltaMicros,
    shortfallMicros: shortfallBetween(wallet, after),
    wallet: after,
  };
}

export interface EntryParts {
  readonly operation: string;
  readonly organizationId: string;
  readonly rows: readonly JournalRow[];
  readonly request?: RequestKey | undefined;
  readonly occurredAtMs?: number | undefined;
  readonly memo?: Memo | undefined;
  readonly holdId?: string;
  readonly hold?: HoldState;
  readonly answer?: readonly number[];
}

/** I6: one mutation, one entry. Its id counts the mutations of this world. */
export function enter(draft: Draft, parts: EntryParts): JournalEntry {
  const atMs = draft.partition.nowMs;
  const occurredAtMs = parts.occurredAtMs ?? 0;
  const entry: JournalEntry = {
    version: 1,
    mutationId: `m${draft.journal.length}`,
    operation: parts.operation,
    atMs,
    occurredAtMs: occurredAtMs > 0 ? occurredAtMs : atMs,
    organizationId: parts.organizationId,
    ...(parts.request ? requestArgs(parts.request) : NO_REQUEST),
    memo: memoText(parts.memo),
    rows: parts.rows.map((row) => ({
      ...row,
      wallet: draft.wallets.get(row.walletId) ?? row.wallet,
    })),
    holdId: parts.holdId ?? '',
    hold: parts.hold ?? null,
    answer: [...(parts.answer ?? [])],
  };
  draft.journal.push(entry);
  return entry;
}
