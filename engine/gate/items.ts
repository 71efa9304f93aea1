// What restore.lua is given for one wallet or one hold.

import { packHoldState, packWalletState, type WalletState } from '../generated/layouts.ts';
import { keys } from '../keys.ts';
import type { LedgerHold } from '../recovery-source.ts';
import { finalAtMs, isOpen, nextDueMs } from './schedule.ts';

export interface Item {
  readonly id: string;
  readonly target: string;
  readonly final: string;
  /** Empty: only the moments are set. */
  readonly packed: Buffer | string;
  readonly dueMs: number;
  readonly finalMs: number;
}

export interface Items {
  wallet(walletId: string, state: WalletState): Item;
  /** One item per leg; `write` false keeps the hold as Redis has it. */
  hold(hold: LedgerHold, write: boolean): Item[];
  /** Wallets and holds written so far. */
  count(): number;
}

export function createItems(partition: number, nowMs: number, checkLedgerUntilMs: number): Items {
  let count = 0;
  return {
    wallet(walletId, state) {
      count++;
      return {
        id: walletId,
        target: keys.wallet(partition, walletId),
        final: keys.final(partition, walletId),
        packed: packWalletState({ ...state, checkLedgerUntilMs }),
        // Due at once, so that its final calls are looked at again.
        dueMs: state.finalCalls > 0 ? nowMs : -1,
        finalMs: -1,
      };
    },
    hold({ holdId, hold }, write) {
      if (write) count++;
      const item = {
        id: holdId,
        target: keys.hold(partition, holdId),
        packed: write ? packHoldState(hold) : '',
        dueMs: isOpen(hold) ? nextDueMs(hold, nowMs) : -1,
        finalMs: finalAtMs(hold),
      };
      return hold.legs.map((leg) => ({ ...item, final: keys.final(partition, leg.walletId) }));
    },
    count: () => count,
  };
}
