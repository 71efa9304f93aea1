/**
 * Wallets as the directory knows them: identity only. Balances and limits belong to the engine.
 *
 * The identity and the snapshot at sequence 0 are made in one transaction, because the engine loads
 * a wallet from its snapshot: a wallet without one could never be used.
 */

import { newId, packWalletState, partitionOf } from '../../engine/index.ts';
import type { Sql, Transaction } from '../connect.ts';
import { onlyRow } from './cells.ts';
import type { ChangeFeed, Write } from './change-feed.ts';
import type { Organization } from './organization-record.ts';
import { subtree } from './organizations.ts';
import { type Page, type PageRequest, rowsToAsk, toPage } from './page.ts';
import type { ReadCache } from './read-cache.ts';
import { initialWalletState, type WalletLimits } from './wallet-limits.ts';

export interface Wallet {
  id: string;
  organizationId: string;
  rootId: string;
  /** Fixed when the wallet is made. */
  partition: number;
  /** Lower-case ISO 4217, or a unit such as `credit`. */
  currency: string;
  name: string;
  /** A saved card is charged when it runs low. */
  recharges: boolean;
  createdAt: Date;
}

export interface NewWallet {
  organization: Pick<Organization, 'id' | 'rootId'>;
  currency: string;
  name?: string | undefined;
  limits?: WalletLimits | undefined;
}

export interface WalletRow {
  id: string;
  organization_id: string;
  root_id: string;
  partition: number;
  currency: string;
  name: string;
  recharges?: boolean;
  created_at: Date;
}

export class Wallets {
  readonly #sql: Sql;
  readonly #feed: ChangeFeed;
  readonly #partitions: number;
  readonly #cache: ReadCache<Wallet>;

  /** `partitions` is the number fixed at first boot. */
  constructor(sql: Sql, feed: ChangeFeed, partitions: number) {
    this.#sql = sql;
    this.#feed = feed;
    this.#partitions = partitions;
    this.#cache = feed.cache('wallet');
  }

  /** One wallet; undefined when there is none. Cached. */
  get(id: string): Promise<Wallet | undefined> {
    return this.#cache.read(id, async () => {
      const [row] = await this.#sql<WalletRow[]>`
        select ${walletColumns(this.#sql)} from wallets where id = ${id}`;
      return row && walletFromRow(row);
    });
  }

  create(input: NewWallet): Promise<Wallet> {
    return this.#feed.write(this.creating(input));
  }

  /** The same as a write for somebody else's transaction. */
  creating(input: NewWallet): Write<Wallet> {
    return (tx, changed) => {
      changed('wallet_list', walletListKey(input.organization.id, input.currency));
      return insertWallet(tx, input, this.#partitions);
    };
  }

  /** Newest first; of one organization, or `within` it and all below it, or all. */
  async list(
    request: PageRequest & { organizationId?: string | undefined; within?: string | undefined },
  ): Promise<Page<Wallet>> {
    const sql = this.#sql;
    const { organizationId, within, startingAfter } = request;
    const rows = await sql<WalletRow[]>`
      select ${walletColumns(sql)} from wallets
      where ${organizationId === undefined ? sql`true` : sql`organization_id = ${organizationId}`}
        and ${within === undefined ? sql`true` : sql`organization_id in (${subtree(sql, within)})`}
        and ${startingAfter === undefined ? sql`true` : sql`id < ${startingAfter}`}
      order by id desc limit ${rowsToAsk(request.limit)}`;
    return toPage(rows.map(walletFromRow), request.limit);
  }

  /** The sequence of each wallet's last committed row. Never cached; unknown ids are absent. */
  async ledgerSequences(ids: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.#sql<{ wallet_id: string; sequence: number }[]>`
      select wallet_id, sequence from wallet_snapshots where wallet_id = any(${[...ids]})`;
    return new Map(rows.map((row) => [row.wallet_id, row.sequence]));
  }
}

/** Names the cached list of an organization's wallets in one currency. */
export function walletListKey(organizationId: string, currency: string): string {
  return `${organizationId}:${currency}`;
}

/** Inserts identity and snapshot; the caller's transaction keeps them together. */
export async function insertWallet(
  tx: Transaction,
  input: NewWallet,
  partitions: number,
): Promise<Wallet> {
  const { organization } = input;
  const partition = partitionOf(organization.rootId, partitions);
  const rows = await tx<WalletRow[]>`
    insert into wallets (id, organization_id, root_id, partition, currency, name)
    values (${newId('wal')}, ${organization.id}, ${organization.rootId}, ${partition},
      ${input.currency}, ${input.name ?? ''})
    returning *`;
  const wallet = walletFromRow(onlyRow(rows));
  const state = initialWalletState(input.limits ?? {}, wallet.createdAt.getTime());
  await tx`
    insert into wallet_snapshots (wallet_id, partition, sequence, posted_micros, held_micros, state)
    values (${wallet.id}, ${partition}, 0, 0, 0, ${packWalletState(state)})`;
  return wallet;
}

/** Of a `from wallets`. */
export function walletColumns(sql: Sql | Transaction) {
  return sql`wallets.*, exists (
    select 1 from auto_recharges where wallet_id = wallets.id and status = 'active') as recharges`;
}

/** One that was just made has no auto-recharge. */
export function walletFromRow(row: WalletRow): Wallet {
  return {
    id: row.id,
    organizationId: row.organization_id,
    rootId: row.root_id,
    partition: row.partition,
    currency: row.currency,
    name: row.name,
    recharges: row.recharges ?? false,
    createdAt: row.created_at,
  };
}
