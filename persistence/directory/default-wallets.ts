/**
 * The wallet that serves an organization in a currency when the caller names none: the oldest one
 * that is not frozen; the oldest at all if every one is frozen (so that the refusal says so); made
 * on first use if there is none.
 */

import { BugError, unpackWalletState } from '../../engine/index.ts';
import type { Sql, Transaction } from '../connect.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { Organization } from './organization-record.ts';
import type { ReadCache } from './read-cache.ts';
import {
  insertWallet,
  type Wallet,
  type WalletRow,
  walletColumns,
  walletFromRow,
  walletListKey,
} from './wallets.ts';

/** Wallets of one organization in one currency that are looked at, oldest first. */
const CANDIDATES_MAX = 32;

/** A freeze is a mutation of the engine, which no directory write announces: look often. */
const FROZEN_TTL_MS = 1_000;

export class DefaultWallets {
  readonly #sql: Sql;
  readonly #feed: ChangeFeed;
  readonly #partitions: number;
  readonly #cache: ReadCache<Wallet[]>;
  readonly #frozenCache: ReadCache<Set<string>>;

  /** `partitions` is the number fixed at first boot. */
  constructor(sql: Sql, feed: ChangeFeed, partitions: number) {
    this.#sql = sql;
    this.#feed = feed;
    this.#partitions = partitions;
    this.#cache = feed.cache('wallet_list');
    this.#frozenCache = feed.cache('frozen_wallets', { ttlMs: FROZEN_TTL_MS });
  }

  /** Finds or makes the wallet. Two at once get the same one. Cached. */
  async find(organization: Pick<Organization, 'id' | 'rootId'>, currency: string): Promise<Wallet> {
    const key = walletListKey(organization.id, currency);
    const known = await this.#cache.read(key, async () => {
      const wallets = await oldestFirst(this.#sql, organization.id, currency);
      return wallets.length === 0 ? undefined : wallets;
    });
    const wallets = known ?? [await this.#make(organization, currency)];
    const [oldest] = wallets;
    if (oldest === undefined) {
      throw new BugError('a list of wallets that exists is empty');
    }
    if (wallets.length === 1) {
      return oldest;
    }
    const frozen = await this.#frozen(key, wallets);
    return wallets.find((wallet) => !frozen.has(wallet.id)) ?? oldest;
  }

  async #make(organization: Pick<Organization, 'id' | 'rootId'>, currency: string) {
    const key = walletListKey(organization.id, currency);
    return await this.#feed.write(async (tx, changed) => {
      // The loser waits here, then finds the winner's wallet: read committed sees it.
      await tx`select pg_advisory_xact_lock(hashtextextended(${`default wallet ${key}`}, 0))`;
      const [existing] = await oldestFirst(tx, organization.id, currency);
      if (existing !== undefined) {
        return existing;
      }
      changed('wallet_list', key);
      return await insertWallet(tx, { organization, currency }, this.#partitions);
    });
  }

  /** Which of these are frozen, by the ledger's view: it trails a freeze by the flusher's lag. */
  async #frozen(key: string, wallets: Wallet[]): Promise<Set<string>> {
    const frozen = await this.#frozenCache.read(key, async () => {
      const ids = wallets.map((wallet) => wallet.id);
      const rows = await this.#sql<{ wallet_id: string; state: Buffer }[]>`
        select wallet_id, state from wallet_snapshots where wallet_id = any(${ids})`;
      const frozenRows = rows.filter((row) => unpackWalletState(row.state).frozen);
      return new Set(frozenRows.map((row) => row.wallet_id));
    });
    return frozen ?? new Set();
  }
}

async function oldestFirst(
  sql: Sql | Transaction,
  organizationId: string,
  currency: string,
): Promise<Wallet[]> {
  const rows = await sql<WalletRow[]>`
    select ${walletColumns(sql)} from wallets where organization_id = ${organizationId} and currency = ${currency}
    order by created_at, id limit ${CANDIDATES_MAX}`;
  return rows.map(walletFromRow);
}
