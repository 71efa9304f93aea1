/** A ledger and branches of its wallets, for tests of what is set aside and released. */
import { drain } from '../flusher/drain.ts';
import type { StreamEntry } from '../flusher/entry.ts';
import { verify } from '../verify/verify.ts';
import { CHAIN_KEY, type LedgerWorld, ledgerWorld } from './ledger-world.ts';
import { Scribe } from './scribe.ts';

interface Balance {
  posted: number;
  held: number;
  sequence: number;
}

export interface ForkWorld extends LedgerWorld {
  /** Of the wallets that were made last. */
  partition(): number;
  /** Two wallets of a partition of their own, with 1,000 each. */
  twoWallets(): Promise<{ a: string; b: string; scribe: Scribe }>;
  commit(items: StreamEntry[]): Promise<void>;
  /** A scribe that goes on from where another one was, as a Redis that lost its tail does. */
  branchOf(scribe: Scribe): Scribe;
  postedOf(walletId: string): Promise<Balance | undefined>;
  differences(walletId: string): Promise<string[]>;
}

export async function forkWorld(): Promise<ForkWorld> {
  const world = await ledgerWorld();
  const { sql, organizationId } = world;
  let partition = 0;
  async function commit(items: StreamEntry[]): Promise<void> {
    await sql`INSERT INTO journal_cursors (partition) VALUES (${partition}) ON CONFLICT DO NOTHING`;
    const [row] = await sql<{ epoch: number }[]>`
      SELECT epoch FROM journal_cursors WHERE partition = ${partition}`;
    await drain({ sql, chainKey: CHAIN_KEY }, partition, items, row?.epoch ?? 0);
  }
  return {
    ...world,
    commit,
    partition: () => partition,
    async twoWallets() {
      partition += 1;
      const [a, b] = [await world.wallet(partition), await world.wallet(partition)];
      const scribe = new Scribe(organizationId);
      await commit([scribe.move(a, 1_000), scribe.move(b, 1_000)]);
      return { a, b, scribe };
    },
    branchOf(scribe) {
      const branch = new Scribe(organizationId);
      for (const [id, wallet] of scribe.wallets) branch.wallets.set(id, wallet);
      for (const [id, hold] of scribe.holds) branch.holds.set(id, hold);
      branch.kind = scribe.kind;
      branch.now = scribe.now + 1_000;
      return branch;
    },
    async postedOf(walletId) {
      const [row] = await sql<Balance[]>`
        SELECT posted_micros AS posted, held_micros AS held, sequence
        FROM wallet_snapshots WHERE wallet_id = ${walletId}`;
      return row;
    },
    async differences(walletId) {
      const found: string[] = [];
      for await (const one of verify({ sql, chainKey: CHAIN_KEY, walletIds: [walletId] })) {
        found.push(one.what);
      }
      return found;
    },
  };
}
