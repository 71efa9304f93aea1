/**
 * From journal entries to what one Postgres transaction writes. Pure: the same entries over the
 * same ledger make the same batch, in any process.
 */
import type { KeyObject } from 'node:crypto';
import type { HoldState, JournalEntry, WalletState } from '../../engine/index.ts';
import { chainHash } from '../hash-chain.ts';
import { type LedgerRow, labelsOf, ledgerRow } from '../ledger-row.ts';
import { type ReadEntry, walletsOf } from './entry.ts';
import { type Fault, judge, type StoredRows, type WalletHead } from './judge.ts';

export interface SnapshotMove {
  walletId: string;
  /** The ledger's sequence and chain hash before the batch: the guard of the update. */
  fromSequence: number;
  fromHash: Buffer;
  sequence: number;
  postedMicros: number;
  heldMicros: number;
  wallet: WalletState;
  chainHash: Buffer;
  updatedAtMs: number;
}

export interface HoldMove {
  holdId: string;
  partition: number;
  hold: HoldState;
  updatedAtMs: number;
}

export interface NaturalKey {
  partition: number;
  streamId: string;
  entry: JournalEntry;
  payload: Buffer;
}

export interface QuarantinedEntry {
  read: ReadEntry;
  kind: Fault | 'rejected';
  walletIds: string[];
  /** Those of them that were not in quarantine before this entry. */
  newlyWaiting: string[];
  detail: string;
}

/** An entry that the ledger takes with this batch. */
export interface TakenEntry {
  partition: number;
  entry: JournalEntry;
}

export interface Batch {
  /** In partition order, and within a partition in stream order. */
  taken: TakenEntry[];
  rows: (LedgerRow & { hash: Buffer })[];
  snapshots: Map<string, SnapshotMove>;
  holds: Map<string, HoldMove>;
  naturalKeys: NaturalKey[];
  quarantine: QuarantinedEntry[];
  /** Wallets put into quarantine by this batch. */
  quarantinedWallets: Set<string>;
  /** How many entries were in the ledger already. */
  repeats: number;
}

export interface Ledger {
  /** Heads of all wallets the entries touch; one that is missing is unknown to Postgres. */
  heads: ReadonlyMap<string, WalletHead>;
  /** Which of the entries' rows the ledger has already. */
  stored: StoredRows;
}

/**
 * Groups entries into a batch.
 * @param entries in partition order, and within a partition in stream order
 * @param rejected ids of mutations that Postgres refused before; they go into quarantine
 */
export function planBatch(
  entries: readonly ReadEntry[],
  ledger: Ledger,
  chainKey: KeyObject,
  rejected: ReadonlyMap<string, string> = new Map(),
): Batch {
  const planner = new Planner(ledger, chainKey);
  for (const read of entries) {
    const reason = rejected.get(read.contentHash.toString('hex'));
    if (read.entry === undefined) planner.quarantine(read, 'rejected', read.fault);
    else if (reason !== undefined) planner.quarantine(read, 'rejected', reason);
    else planner.add(read, read.entry);
  }
  return planner.batch;
}

class Planner {
  readonly batch: Batch = {
    taken: [],
    rows: [],
    snapshots: new Map(),
    holds: new Map(),
    naturalKeys: [],
    quarantine: [],
    quarantinedWallets: new Set(),
    repeats: 0,
  };
  readonly #heads: Map<string, WalletHead>;
  readonly #stored: Map<string, Buffer>;
  readonly #chainKey: KeyObject;

  constructor(ledger: Ledger, chainKey: KeyObject) {
    this.#heads = new Map([...ledger.heads].map(([id, head]) => [id, { ...head }]));
    this.#stored = new Map(ledger.stored);
    this.#chainKey = chainKey;
  }

  add(read: ReadEntry, entry: JournalEntry): void {
    const verdict = judge(entry, read.contentHash, this.#heads, this.#stored);
    if (verdict.kind === 'repeat') {
      this.batch.repeats += 1;
      return;
    }
    if (verdict.kind !== 'new') {
      this.quarantine(read, verdict.kind, verdict.detail);
      return;
    }
    this.batch.taken.push({ partition: read.partition, entry });
    const labels = labelsOf(entry);
    for (const [index, row] of entry.rows.entries()) {
      this.#append(ledgerRow(entry, row, index, labels, read.contentHash), row.wallet);
    }
    if (entry.hold !== null) this.#keepHold(read.partition, entry, entry.hold);
    this.#claimKey(read, entry);
  }

  /** The whole entry waits, and with it every wallet it concerns: their sequences go on after it. */
  quarantine(read: ReadEntry, kind: QuarantinedEntry['kind'], detail: string): void {
    const walletIds = read.entry === undefined ? [] : walletsOf(read.entry);
    const newlyWaiting = walletIds.filter((id) => this.#heads.get(id)?.quarantined === false);
    this.batch.quarantine.push({ read, kind, walletIds, newlyWaiting, detail });
    for (const walletId of walletIds) {
      this.batch.quarantinedWallets.add(walletId);
      const head = this.#heads.get(walletId);
      if (head !== undefined) head.quarantined = true;
    }
    // The key is claimed even so: the effect stands in Redis, and a retry must not repeat it (I8).
    if (read.entry !== undefined) this.#claimKey(read, read.entry);
  }

  #append(row: LedgerRow, wallet: WalletState): void {
    const head = this.#heads.get(row.walletId);
    if (head === undefined) throw new Error(`${row.walletId} was judged without a head`);
    const hash = chainHash(this.#chainKey, head.chainHash, row);
    this.batch.rows.push(Object.assign(row, { hash }));
    this.#moveSnapshot(head, row, wallet, hash);
    head.sequence = row.sequence;
    head.postedMicros = row.postedAfterMicros;
    head.heldMicros = row.heldAfterMicros;
    head.chainHash = hash;
    // The stream may hold one entry twice after a replay; the second must be seen as a repeat.
    this.#stored.set(row.id, row.contentHash);
  }

  #moveSnapshot(head: WalletHead, row: LedgerRow, wallet: WalletState, hash: Buffer): void {
    const started = this.batch.snapshots.get(row.walletId);
    const move = started ?? {
      walletId: row.walletId,
      fromSequence: head.sequence,
      fromHash: head.chainHash,
      sequence: 0,
      postedMicros: 0,
      heldMicros: 0,
      wallet,
      chainHash: hash,
      updatedAtMs: 0,
    };
    move.sequence = row.sequence;
    move.postedMicros = row.postedAfterMicros;
    move.heldMicros = row.heldAfterMicros;
    move.wallet = wallet;
    move.chainHash = hash;
    move.updatedAtMs = row.createdAtMs;
    if (started === undefined) this.batch.snapshots.set(row.walletId, move);
  }

  #keepHold(partition: number, entry: JournalEntry, hold: HoldState): void {
    const kept = this.batch.holds.get(entry.holdId);
    if (kept !== undefined && kept.hold.revision >= hold.revision) return;
    this.batch.holds.set(entry.holdId, {
      holdId: entry.holdId,
      partition,
      hold,
      updatedAtMs: entry.atMs,
    });
  }

  #claimKey(read: ReadEntry, entry: JournalEntry): void {
    if (entry.requestKind === '') return;
    const { partition, id: streamId, payload } = read;
    this.batch.naturalKeys.push({ partition, streamId, entry, payload });
  }
}
