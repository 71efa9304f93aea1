/** All who judge a world: the bookkeeper, the model, what callers were told, Redis and the ledger. */
import {
  keys,
  unpackJournalEntry,
  unpackWalletState,
  type WalletState,
} from '../../engine/index.ts';
import type { Command } from '../../engine/model/index.ts';
import { Book } from './book.ts';
import { LedgerCheck } from './check-ledger.ts';
import { redisFaults } from './check-redis.ts';
import { Oracle } from './oracle.ts';
import type { Written } from './past.ts';
import type { Reply } from './process.ts';
import { Promises } from './promises.ts';
import { valuesOf } from './redis-image.ts';
import type { Stage } from './stage.ts';
import type { Stores } from './stores.ts';

export class Judges {
  readonly book: Book;
  readonly oracle: Oracle;
  /** Faults found since they were last taken. */
  readonly faults: string[] = [];
  /** Mutations that a caller was told are in the ledger. */
  readonly acknowledged = new Set<string>();
  readonly #promises = new Promises();
  readonly #ledger = new LedgerCheck();
  readonly #stores: Stores;
  #moved = true;

  constructor(stores: Stores, stage: Stage) {
    this.#stores = stores;
    this.book = new Book(stage);
    this.oracle = new Oracle(stage);
  }

  /** A flusher or a recovery has been at the ledger. */
  ledgerMoved(): void {
    this.#moved = true;
  }

  /** Judges what one command was told, and what it has journalled. */
  async hear(command: Command, reply: Reply, nowMs: number): Promise<void> {
    const book = this.book.at(command.partition);
    const before = book.history.length;
    await this.observe();
    const entries = book.history.slice(before).map(({ entry }) => entry);
    this.faults.push(
      ...this.oracle.judge(command, reply, entries),
      ...this.#promises.hear(command, reply, this.book, nowMs),
    );
  }

  /** Reads what was journalled since, and has the bookkeeper judge it. */
  async observe(): Promise<void> {
    const pipeline = this.#stores.raw.pipeline();
    for (const { partition, lastId } of this.book.partitions) {
      pipeline.callBuffer('XRANGE', keys.journal(partition), `(${lastId}`, '+');
    }
    const streams = valuesOf(await pipeline.exec()) as [Buffer, [Buffer, Buffer]][][];
    streams.forEach((items, partition) => {
      for (const [id, fields] of items) {
        const written: Written = { id: id.toString(), entry: unpackJournalEntry(fields[1]) };
        this.faults.push(...this.book.at(partition).add(written));
      }
    });
  }

  /** @returns false when nothing has been at the ledger since it was last compared */
  async checkLedger(): Promise<boolean> {
    if (!this.#moved) return false;
    this.#moved = false;
    this.faults.push(...(await this.#ledger.faults(this.#stores.sql, this.book)));
    for (const { partition, committed } of this.book.partitions) {
      this.oracle.committed(partition, committed);
    }
    this.faults.push(...this.#forgottenPromises());
    return true;
  }

  async checkRedis(): Promise<void> {
    const { raw } = this.#stores;
    const found = await Promise.all(this.book.partitions.map((one) => redisFaults(raw, one)));
    this.faults.push(...found.flat());
  }

  /** Wallets as Redis has them, without loading. */
  readonly peekWallets = async (partition: number, ids: readonly string[]) => {
    const values = await this.#stores.raw.mgetBuffer(ids.map((id) => keys.wallet(partition, id)));
    const found = new Map<string, WalletState>();
    for (const [i, id] of ids.entries()) {
      const packed = values[i];
      if (packed) found.set(id, unpackWalletState(packed));
    }
    return found;
  };

  #forgottenPromises(): string[] {
    const known = (id: string) => this.book.partitions.some(({ mutations }) => mutations.has(id));
    return [...this.acknowledged].flatMap((id) =>
      known(id) ? [] : ['I7 what was acknowledged as in the ledger is gone'],
    );
  }
}
