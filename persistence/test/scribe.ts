/**
 * Writes journal entries as the engine does, from arithmetic of its own: an independent model, so
 * that the ledger is not checked against the code that fills it.
 */
import {
  type HoldState,
  type JournalEntry,
  type JournalRow,
  NO_POLICY,
  newId,
  newMutationId,
  packJournalEntry,
  type WalletState,
} from '../../engine/index.ts';
import type { StreamEntry } from '../flusher/entry.ts';
import { NEW_WALLET } from './ledger-world.ts';

interface Move {
  walletId: string;
  kind: string;
  amountMicros: number;
  heldDeltaMicros: number;
}

export class Scribe {
  readonly wallets = new Map<string, WalletState>();
  readonly holds = new Map<string, HoldState>();
  readonly #organizationId: string;
  /** What its holds are. */
  kind: 'amount' | 'call' = 'amount';
  /** Clock of the entries and of their stream ids, in ms. */
  now = Date.now() - 60_000;

  constructor(organizationId: string) {
    this.#organizationId = organizationId;
  }

  /** One deposit, charge or any other mutation without a hold. */
  move(
    walletId: string,
    amountMicros: number,
    fields: Partial<JournalEntry> & { kind?: string } = {},
  ): StreamEntry {
    const { kind = 'deposit', ...entry } = fields;
    return this.write('credit', [{ walletId, kind, amountMicros, heldDeltaMicros: 0 }], entry);
  }

  /** A hold with one leg per wallet. */
  authorize(walletIds: string[], heldMicros: number, fields: Partial<JournalEntry> = {}) {
    const holdId = newId('hold');
    const moves = walletIds.map((walletId) => ({
      walletId,
      kind: 'hold',
      amountMicros: 0,
      heldDeltaMicros: heldMicros,
    }));
    const made = newHold(this.#organizationId, walletIds, heldMicros, this.now);
    const hold = { ...made, kind: this.kind, callId: this.kind === 'call' ? `of ${holdId}` : '' };
    this.holds.set(holdId, hold);
    return { holdId, item: this.write('authorize', moves, { holdId, hold, ...fields }) };
  }

  /** The hold's end: each leg pays `usedMicros`. */
  capture(holdId: string, usedMicros: number): StreamEntry {
    const open = this.#hold(holdId);
    const moves = open.legs.map((leg) => ({
      walletId: leg.walletId,
      kind: 'capture',
      amountMicros: -usedMicros,
      heldDeltaMicros: -leg.heldMicros,
    }));
    const hold = {
      ...open,
      state: 'captured',
      revision: open.revision + 1,
      closedAtMs: this.now,
      legs: open.legs.map((leg) => ({ ...leg, heldMicros: 0, capturedMicros: usedMicros })),
    };
    this.holds.set(holdId, hold);
    return this.write('capture', moves, { holdId, hold });
  }

  /** More or less is held from then on, of each leg. */
  extend(holdId: string, heldMicros: number): StreamEntry {
    const open = this.#hold(holdId);
    const moves = open.legs.map((leg) => ({
      walletId: leg.walletId,
      kind: 'hold',
      amountMicros: 0,
      heldDeltaMicros: heldMicros - leg.heldMicros,
    }));
    const legs = open.legs.map((leg) => ({ ...leg, heldMicros }));
    const hold = { ...open, revision: open.revision + 1, legs };
    this.holds.set(holdId, hold);
    return this.write('extend', moves, { holdId, hold });
  }

  configure(walletId: string, limits: Partial<WalletState>): StreamEntry {
    this.wallets.set(walletId, { ...(this.wallets.get(walletId) ?? NEW_WALLET), ...limits });
    const move = { walletId, kind: 'configure', amountMicros: 0, heldDeltaMicros: 0 };
    return this.write('configure', [move]);
  }

  /** A change of the hold that moves no money. */
  start(holdId: string): StreamEntry {
    const open = this.#hold(holdId);
    const started = { state: 'live', revision: open.revision + 1, startedAtMs: this.now };
    const hold = { ...open, ...started };
    this.holds.set(holdId, hold);
    return this.write('start', [], { holdId, hold });
  }

  write(operation: string, moves: Move[], fields: Partial<JournalEntry> = {}): StreamEntry {
    this.now += 1;
    const rows = moves.map((move) => this.#row(move));
    const entry = { ...blankEntry(this.#organizationId, this.now), operation, rows, ...fields };
    return { id: `${this.now}-0`, payload: packJournalEntry(entry) };
  }

  #row(move: Move): JournalRow {
    const before = this.wallets.get(move.walletId) ?? NEW_WALLET;
    const wallet = {
      ...before,
      postedMicros: before.postedMicros + move.amountMicros,
      heldMicros: before.heldMicros + move.heldDeltaMicros,
      sequence: before.sequence + 1,
      updatedAtMs: this.now,
    };
    this.wallets.set(move.walletId, wallet);
    return { ...move, sequence: wallet.sequence, shortfallMicros: 0, wallet };
  }

  #hold(holdId: string): HoldState {
    const hold = this.holds.get(holdId);
    if (hold === undefined) throw new Error(`no hold ${holdId}`);
    return hold;
  }
}

function blankEntry(organizationId: string, atMs: number): JournalEntry {
  return {
    version: 1,
    mutationId: newMutationId(),
    operation: '',
    atMs,
    occurredAtMs: atMs,
    organizationId,
    requestKind: '',
    requestScope: '',
    requestKey: '',
    fingerprint: '',
    memo: '{}',
    rows: [],
    holdId: '',
    hold: null,
    answer: [],
  };
}

function newHold(
  organizationId: string,
  walletIds: string[],
  heldMicros: number,
  createdAtMs: number,
): HoldState {
  return {
    state: 'authorized',
    revision: 1,
    organizationId,
    kind: 'amount',
    callId: '',
    createdAtMs,
    startedAtMs: 0,
    coveredMs: 0,
    finalReason: '',
    cutoffAtMs: 0,
    expiresAtMs: 0,
    lastSeenAtMs: createdAtMs,
    maxDurationMs: 0,
    policy: NO_POLICY,
    hasProvider: false,
    estimated: false,
    evidence: 0,
    usedMs: 0,
    closedAtMs: 0,
    outcome: '',
    legs: walletIds.map((walletId) => ({
      walletId,
      role: 'client',
      heldMicros,
      capturedMicros: 0,
      shortfallMicros: 0,
      rateMicrosPerMinute: 0,
      initialMs: 0,
      subsequentMs: 0,
      connectionFeeMicros: 0,
      minimumMicros: 0,
      refundedMicros: 0,
    })),
  };
}
