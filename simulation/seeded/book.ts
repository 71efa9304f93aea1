/**
 * The bookkeeper: every mutation the world has seen in the journals, in order, and what they add up to.
 * It judges each one as it comes (judge-entry.ts), and forgets those that a Redis has lost.
 */
import type { HoldState, WalletState } from '../../engine/index.ts';
import { NEW_WALLET } from '../../engine/model/index.ts';
import { entryFaults } from './judge-entry.ts';
import { type Effect, keyName, type Past, type Written } from './past.ts';
import { PARTITIONS, type Stage } from './stage.ts';

/** One partition's mutations. */
export class PartitionBook implements Past {
  readonly partition: number;
  readonly stage: Stage;
  history: readonly Written[] = [];
  /** How many of them are in the ledger. */
  committed = 0;
  readonly wallets = new Map<string, WalletState>();
  readonly holds = new Map<string, HoldState>();
  readonly effects = new Map<string, Effect>();
  readonly mutations = new Map<string, Written>();

  constructor(partition: number, stage: Stage) {
    this.partition = partition;
    this.stage = stage;
    this.#begin();
  }

  get lastId(): string {
    return this.history.at(-1)?.id ?? '0-0';
  }

  wallet(id: string): WalletState {
    return this.wallets.get(id) ?? NEW_WALLET;
  }

  /** @returns what is wrong with it */
  add(written: Written): string[] {
    const faults = entryFaults(this, written.entry);
    this.#enter(written);
    this.history = [...this.history, written];
    return faults;
  }

  /** Redis has lost what came after the first `count`. @returns how many that were */
  keep(count: number): number {
    const lost = this.history.length - count;
    if (lost <= 0) return 0;
    this.history = this.history.slice(0, count);
    this.#begin();
    for (const written of this.history) this.#enter(written);
    return lost;
  }

  #begin(): void {
    for (const map of [this.wallets, this.holds, this.effects, this.mutations]) map.clear();
    for (const id of this.stage.walletsOf(this.partition)) this.wallets.set(id, NEW_WALLET);
  }

  #enter(written: Written): void {
    const { entry } = written;
    for (const row of entry.rows) this.wallets.set(row.walletId, row.wallet);
    if (entry.hold) this.holds.set(entry.holdId, entry.hold);
    this.mutations.set(entry.mutationId, written);
    if (entry.requestKind === '') return;
    const { mutationId, atMs } = entry;
    this.effects.set(keyName(entry), { mutationId, atMs });
  }
}

export class Book {
  readonly partitions: readonly PartitionBook[];

  constructor(stage: Stage) {
    this.partitions = Array.from({ length: PARTITIONS }, (_, p) => new PartitionBook(p, stage));
  }

  at(partition: number): PartitionBook {
    const found = this.partitions[partition];
    if (found === undefined) throw new RangeError(`there is no partition ${partition}`);
    return found;
  }
}
