// A ledger in memory for engine tests: it takes journal entries in, as the flusher does, and answers the
// engine's questions from them. Redis is always a real one.

import {
  type HoldState,
  type JournalEntry,
  packWalletState,
  unpackJournalEntry,
  type WalletState,
} from '../generated/layouts.ts';
import { entryId } from '../ids.ts';
import type { CommittedEntry, CommittedRequest, LedgerSource } from '../ledger-source.ts';
import type { LedgerHold, LedgerWallet, RecoverySource, WalletAt } from '../recovery-source.ts';

interface StoredWallet {
  readonly partition: number;
  state: WalletState;
  quarantined: boolean;
}

export class MemoryLedger implements LedgerSource, RecoverySource {
  readonly entriesByWallet = new Map<string, JournalEntry[]>();
  /** What the clock of this ledger says. */
  postgresMs: () => number = Date.now;
  /** Ends when everybody has had a turn who asked for one so far. */
  #turns: Promise<unknown> = Promise.resolve();
  readonly #wallets = new Map<string, StoredWallet>();
  readonly #holds = new Map<string, { partition: number; hold: HoldState }>();
  readonly #requests = new Map<string, CommittedRequest>();
  readonly #cursors = new Map<number, { cursor: string; epoch: number }>();
  readonly #committed = new Map<string, CommittedEntry & { refundedMicros: number }>();

  addWallet(partition: number, id: string, state: Partial<WalletState> = {}): void {
    this.#wallets.set(id, {
      partition,
      state: { ...EMPTY_WALLET, ...state },
      quarantined: false,
    });
  }

  cursor(partition: number): string {
    return this.#cursors.get(partition)?.cursor ?? '0-0';
  }

  commit(partition: number, id: string, payload: Buffer): void {
    const entry = unpackJournalEntry(payload);
    for (const [i, row] of entry.rows.entries()) {
      const wallet = this.#wallets.get(row.walletId);
      if (!wallet) throw new Error(`no wallet ${row.walletId}`);
      if (row.sequence !== wallet.state.sequence + 1) {
        throw new Error(`${row.walletId}: ${row.sequence} after ${wallet.state.sequence}`);
      }
      wallet.state = row.wallet;
      const rows = this.entriesByWallet.get(row.walletId) ?? [];
      this.entriesByWallet.set(row.walletId, [...rows, entry]);
      this.#committed.set(entryId(entry.mutationId, i), {
        ...row,
        refundedMicros: 0,
        holdId: row.kind === 'capture' ? entry.holdId : '',
      });
    }
    if (entry.hold) this.#holds.set(entry.holdId, { partition, hold: entry.hold });
    if (entry.requestKind) {
      const key = [entry.requestKind, entry.requestScope, entry.requestKey].join('\n');
      this.#requests.set(key, { fingerprint: entry.fingerprint, payload });
    }
    const at = this.#cursors.get(partition);
    this.#cursors.set(partition, { cursor: id, epoch: at?.epoch ?? 0 });
  }

  async wallets(ids: readonly string[]) {
    const found = new Map<string, WalletState>();
    for (const id of ids) {
      const wallet = this.#wallets.get(id);
      if (wallet) found.set(id, wallet.state);
    }
    return found;
  }

  async hold(holdId: string) {
    return this.#holds.get(holdId)?.hold;
  }

  async request(kind: string, scope: string, key: string) {
    return this.#requests.get([kind, scope, key].join('\n'));
  }

  async entry(id: string) {
    return this.#committed.get(id);
  }

  /** As the lock in Postgres: a recovery that another one did not wait for would shut what that one opens. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.then(work);
    this.#turns = turn.catch(() => undefined);
    return turn;
  }

  async partitionsInOrder(count: number) {
    return Array.from({ length: count }, (_, p) => p);
  }

  async nowMs() {
    return this.postgresMs();
  }

  async fence(partition: number) {
    const at = this.#cursors.get(partition) ?? { cursor: '0-0', epoch: 0 };
    const next = { cursor: at.cursor, epoch: at.epoch + 1 };
    this.#cursors.set(partition, next);
    return next;
  }

  async drain(partition: number, entries: readonly { id: string; payload: Buffer }[]) {
    for (const { id, payload } of entries) {
      if (!isAfter(id, this.cursor(partition))) continue;
      this.commit(partition, id, payload);
    }
    return { cursor: this.cursor(partition), forkedWallets: [] };
  }

  async overruled() {
    return { walletIds: [], records: [] };
  }

  async restored() {
    // Nothing overrules Redis here.
  }

  async quarantine(_partition: number, _epoch: number, walletIds: readonly string[]) {
    for (const id of walletIds) {
      const wallet = this.#wallets.get(id);
      if (wallet) wallet.quarantined = true;
    }
  }

  async settled(partition: number, entries: readonly { id: string; payload: Buffer }[]) {
    const known = entries.every(({ id }) => !isAfter(id, this.cursor(partition)));
    return known ? entries.at(-1)?.id : undefined;
  }

  async estimateWallets(partitions: readonly number[]) {
    return [...this.#wallets.values()].filter((w) => partitions.includes(w.partition)).length;
  }

  async *walletPages(partition: number): AsyncIterable<LedgerWallet[]> {
    const page = await this.walletsOf(partition, [...this.#wallets.keys()]);
    if (page.length > 0) yield page;
  }

  async walletsOf(partition: number, ids: readonly string[]): Promise<LedgerWallet[]> {
    return ids.flatMap((walletId) => {
      const wallet = this.#wallets.get(walletId);
      if (wallet?.partition !== partition) return [];
      const { quarantined } = wallet;
      const state = { ...wallet.state, quarantined };
      const packed = packWalletState(wallet.state);
      return [{ walletId, sequence: state.sequence, packed, state, quarantined }];
    });
  }

  async *openHolds(partition: number): AsyncIterable<LedgerHold> {
    for (const [holdId, stored] of this.#holds) {
      if (stored.partition === partition && stored.hold.closedAtMs === 0) {
        yield { holdId, hold: stored.hold };
      }
    }
  }

  async holdsTouchedAfter(wallets: readonly WalletAt[]) {
    const touched = wallets.flatMap(({ walletId, sequence }) =>
      (this.entriesByWallet.get(walletId) ?? []).filter((entry) =>
        entry.rows.some((row) => row.walletId === walletId && row.sequence > sequence),
      ),
    );
    return [...new Set(touched.map((entry) => entry.holdId))].flatMap((holdId) => {
      const hold = this.#holds.get(holdId)?.hold;
      return hold ? [{ holdId, hold }] : [];
    });
  }
}

function isAfter(a: string, b: string): boolean {
  const [aMs = 0, aN = 0] = a.split('-').map(Number);
  const [bMs = 0, bN = 0] = b.split('-').map(Number);
  return aMs !== bMs ? aMs > bMs : aN > bN;
}

const EMPTY_WALLET: WalletState = {
  postedMicros: 0,
  heldMicros: 0,
  creditLimitMicros: 0,
  cutoffThresholdMicros: 0,
  sequence: 0,
  frozen: false,
  quarantined: false,
  liveCalls: 0,
  maxLiveCalls: 0,
  lowBalanceThresholdMicros: 0,
  finalCalls: 0,
  checkLedgerUntilMs: 0,
  updatedAtMs: 0,
};
