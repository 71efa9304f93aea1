// What the engine makes of a command: its script, repeated after loading what it missed and after asking
// the ledger about a key that Redis did not know.

import type { RequestKey } from '../request-key.ts';
import type { Answer } from './answer.ts';
import { apply } from './apply.ts';
import type { Command } from './command.ts';
import { ledgerEntry, ledgerHold, ledgerRequest, ledgerWallet } from './ledger.ts';
import { HOT_RECORDS_MS, type ModelState } from './state.ts';

/** A request the engine throws back before any script has decided. */
export interface Rejection {
  readonly status: 'not_found' | 'entry_not_in_ledger' | 'invalid_request';
}

export interface Served {
  readonly state: ModelState;
  readonly answer: Answer | Rejection;
}

export function serve(before: ModelState, command: Command): Served {
  if (!before.partition.open) return apply(before, command);
  // A verb that opens a hold does not look for one in the ledger: its key is what is looked up.
  const looks = 'holdId' in command && command.verb !== 'authorize';
  const state = looks ? withHold(before, command.holdId) : before;
  if (command.verb !== 'credit' || command.refunds === undefined) return settled(state, command);
  const entry = ledgerEntry(state, command.refunds);
  if (entry?.walletId !== command.walletId) {
    return { state, answer: { status: 'entry_not_in_ledger' } };
  }
  if (entry.kind !== 'charge' && entry.kind !== 'capture') {
    return { state, answer: { status: 'invalid_request' } };
  }
  const known = entry.count.holdId === '' ? state : withHold(state, entry.count.holdId);
  return settled(known, { ...command, refundable: entry.count } as Command);
}

function settled(before: ModelState, command: Command): Served {
  let state = before;
  let checked = false;
  for (;;) {
    const done = apply(state, command, checked);
    const { answer } = done;
    if (answer.status === 'wallet_not_loaded') {
      const loaded = withWallets(state, answer.walletIds);
      if (!loaded) return { state, answer: { status: 'not_found' } };
      // The ledger is asked for the wallets and about the key at once.
      const known = knownToLedger(state, command);
      if (known) return { state, answer: known };
      state = loaded;
      checked = true;
    } else if (answer.status === 'ask_ledger') {
      const known = knownToLedger(state, command);
      if (known) return { state, answer: known };
      checked = true;
    } else {
      return done;
    }
  }
}

/** What the ledger answers for the command's key, or undefined if it is new there too. */
function knownToLedger(state: ModelState, command: Command): Answer | undefined {
  // A settlement has no key: its evidence is what makes it count once.
  const keyed = 'request' in command && command.verb !== 'settle';
  const request: RequestKey | undefined = keyed ? command.request : undefined;
  const entry = request && ledgerRequest(state, request);
  if (!entry) return undefined;
  if (entry.operation === 'record' && entry.hold) {
    return { status: 'hold_exists', replayed: false, hold: entry.hold };
  }
  if (entry.fingerprint !== request.fingerprint) {
    return { status: 'idempotency_conflict', replayed: false };
  }
  return { status: 'done', replayed: true, entry };
}

function withHold(state: ModelState, holdId: string): ModelState {
  const hold = state.holds.has(holdId) ? undefined : ledgerHold(state, holdId);
  return hold ? { ...state, holds: new Map(state.holds).set(holdId, hold) } : state;
}

function withWallets(state: ModelState, ids: readonly string[]): ModelState | undefined {
  let loaded: ModelState | undefined = state;
  for (const id of ids) loaded = loaded && withWallet(loaded, id);
  return loaded;
}

/** The world with the wallet loaded; one with a past has unknown keys looked up while records live. */
export function withWallet(state: ModelState, walletId: string): ModelState | undefined {
  const wallet = ledgerWallet(state, walletId);
  if (!wallet) return undefined;
  const { nowMs, testNowMs } = state.partition;
  const until = wallet.sequence > 0 ? Math.max(nowMs, testNowMs) + HOT_RECORDS_MS : 0;
  const loaded = { ...wallet, checkLedgerUntilMs: until };
  return { ...state, wallets: new Map(state.wallets).set(walletId, loaded) };
}
