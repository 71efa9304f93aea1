/** What Postgres has, against the book: the ledger is a prefix of the mutations, row by row (I7, I1, I5). */
import type { Sql } from '../../persistence/index.ts';
import type { Book, PartitionBook } from './book.ts';
import type { Written } from './past.ts';

interface LedgerRow {
  walletId: string;
  sequence: number;
  mutationId: string;
  amountMicros: number;
  heldDeltaMicros: number;
  postedMicros: number;
  heldMicros: number;
}

interface Snapshot {
  walletId: string;
  sequence: number;
  postedMicros: number;
  heldMicros: number;
}

export class LedgerCheck {
  /** Rows compared so far, by wallet: the ledger only grows. */
  readonly #seen = new Map<string, number>();

  /** Reads on from what it saw last, and notes in the book how far the ledger is. */
  async faults(sql: Sql, book: Book): Promise<string[]> {
    const walletIds = book.partitions.flatMap(({ wallets }) => [...wallets.keys()]);
    const [cursors, rows, snapshots, quarantine] = await Promise.all([
      sql<{ partition: number; cursor: string }[]>`
        SELECT partition, stream_id AS cursor FROM journal_cursors`,
      this.#rowsSince(sql, walletIds),
      sql<Snapshot[]>`
        SELECT wallet_id AS "walletId", sequence, posted_micros AS "postedMicros",
               held_micros AS "heldMicros" FROM wallet_snapshots`,
      sql<{ kind: string; detail: string }[]>`SELECT kind, detail FROM ledger_quarantine`,
    ]);
    const faults = quarantine.map(({ kind, detail }) => `I7 in quarantine: ${kind} ${detail}`);
    const found = new Map(rows.map((row) => [`${row.walletId} ${row.sequence}`, row]));
    for (const one of book.partitions) {
      const cursor = cursors.find(({ partition }) => partition === one.partition)?.cursor ?? '0-0';
      faults.push(...this.#partitionFaults(one, cursor, found));
    }
    faults.push(
      ...[...found.keys()].map((name) => `I7 ${name}: in the ledger, before the cursor is`),
    );
    const heads = new Map(snapshots.map((snapshot) => [snapshot.walletId, snapshot]));
    for (const one of book.partitions) faults.push(...snapshotFaults(one, heads));
    return faults;
  }

  #rowsSince(sql: Sql, walletIds: readonly string[]) {
    const after = walletIds.map((id) => this.#seen.get(id) ?? 0);
    return sql<LedgerRow[]>`
      SELECT entry.wallet_id AS "walletId", entry.sequence, mutation_id AS "mutationId",
             amount_micros AS "amountMicros", held_delta_micros AS "heldDeltaMicros",
             posted_after_micros AS "postedMicros", held_after_micros AS "heldMicros"
      FROM unnest(${[...walletIds]}::text[], ${after}::bigint[]) AS seen (wallet_id, sequence)
      JOIN ledger_entries AS entry
        ON entry.wallet_id = seen.wallet_id AND entry.sequence > seen.sequence`;
  }

  #partitionFaults(book: PartitionBook, cursor: string, found: Map<string, LedgerRow>): string[] {
    const committed = countUpTo(book.history, cursor);
    if (committed < book.committed) return [`I7 partition ${book.partition}: its cursor went back`];
    const faults: string[] = [];
    for (const { entry } of book.history.slice(book.committed, committed)) {
      for (const row of entry.rows) {
        const name = `${row.walletId} ${row.sequence}`;
        const stored = found.get(name);
        found.delete(name);
        if (stored === undefined) {
          faults.push(`I7 ${name}: the cursor has passed it, the ledger does not have it`);
        } else if (
          stored.mutationId !== entry.mutationId ||
          stored.amountMicros !== row.amountMicros ||
          stored.heldDeltaMicros !== row.heldDeltaMicros ||
          stored.postedMicros !== row.wallet.postedMicros ||
          stored.heldMicros !== row.wallet.heldMicros
        ) {
          faults.push(`I7 ${name}: the ledger has it otherwise`);
        }
        this.#seen.set(row.walletId, row.sequence);
      }
    }
    book.committed = committed;
    return faults;
  }
}

/** What Redis would be rebuilt from is what the last committed rows say. */
function snapshotFaults(book: PartitionBook, heads: ReadonlyMap<string, Snapshot>): string[] {
  const last = new Map<string, { sequence: number; postedMicros: number; heldMicros: number }>();
  for (const { entry } of book.history.slice(0, book.committed)) {
    for (const row of entry.rows) last.set(row.walletId, row.wallet);
  }
  return [...book.wallets.keys()].flatMap((id) => {
    const head = heads.get(id);
    const { sequence = 0, postedMicros = 0, heldMicros = 0 } = last.get(id) ?? {};
    const same =
      head?.sequence === sequence &&
      head.postedMicros === postedMicros &&
      head.heldMicros === heldMicros;
    return same ? [] : [`I5 ${id}: its snapshot is not its last row`];
  });
}

/** How many entries a cursor has passed. */
export function countUpTo(history: readonly Written[], cursor: string): number {
  const after = history.findIndex(({ id }) => isAfter(id, cursor));
  return after < 0 ? history.length : after;
}

function isAfter(a: string, b: string): boolean {
  const [aMs = 0, aN = 0] = a.split('-').map(Number);
  const [bMs = 0, bN = 0] = b.split('-').map(Number);
  return aMs !== bMs ? aMs > bMs : aN > bN;
}
