/**
 * Auto-recharges: what their owners set, and how each stands. A row is changed under its lock, together
 * with what tells of the change; the flusher writes only `below_since`, with the entry that crossed
 * the threshold.
 */
import type { Sql, Transaction } from '../connect.ts';
import { appendEvents } from '../notifications/outbox.ts';
import { transaction } from '../transaction.ts';
import {
  type AutoRecharge,
  type AutoRechargeRow,
  type AutoRechargeTerms,
  autoRechargeFromRow,
  type RechargeChange,
  type SavedCard,
} from './auto-recharge-record.ts';
import { onlyRow } from './cells.ts';
import type { Changed, ChangeFeed } from './change-feed.ts';
import { type Wallet, walletListKey } from './wallets.ts';

/** Who listens is told that a wallet crossed its threshold. */
const CHANNEL = 'ringfence_recharge';

/** How many recharges somebody has to look at. */
export interface WaitingRecharges {
  stopped: number;
  actionRequired: number;
  /** Age of the oldest attempt whose outcome is open; 0: there is none. */
  openSeconds: number;
}

export class AutoRecharges {
  readonly #sql: Sql;
  readonly #feed: ChangeFeed;

  constructor(sql: Sql, feed: ChangeFeed) {
    this.#sql = sql;
    this.#feed = feed;
  }

  async get(walletId: string): Promise<AutoRecharge | undefined> {
    const [row] = await this.#sql<AutoRechargeRow[]>`
      select * from auto_recharges where wallet_id = ${walletId}`;
    return row && autoRechargeFromRow(row);
  }

  /** Sets the terms and the card. It is active again, and no failure of before counts. */
  async put(
    wallet: Pick<Wallet, 'id' | 'organizationId' | 'currency'>,
    terms: AutoRechargeTerms,
    card: SavedCard,
  ): Promise<AutoRecharge> {
    const row = {
      wallet_id: wallet.id,
      organization_id: wallet.organizationId,
      threshold_micros: terms.thresholdMicros,
      amount_micros: terms.amountMicros,
      target_micros: terms.targetMicros,
      daily_max_micros: terms.dailyMaxMicros,
      monthly_max_micros: terms.monthlyMaxMicros,
      daily_max_count: terms.dailyMaxCount,
      monthly_max_count: terms.monthlyMaxCount,
      bridge_micros: terms.bridgeMicros,
      cool_off_seconds: terms.coolOffSeconds,
      failures_max: terms.failuresMax,
      return_url: terms.returnUrl,
      customer_id: card.customerId,
      payment_method: card.paymentMethod,
      card_brand: card.cardBrand,
      card_last4: card.cardLast4,
      status: 'active',
      stopped_reason: null,
      confirm_top_up_id: null,
      failures: 0,
      not_before: new Date(0),
      capped: null,
      updated_at: new Date(),
    };
    return this.#feed.write(async (tx, changed) => {
      nameWallet(wallet, changed);
      const rows = await tx<AutoRechargeRow[]>`
        insert into auto_recharges ${tx(row)}
        on conflict (wallet_id) do update set ${tx(row)} returning *`;
      return autoRechargeFromRow(onlyRow(rows));
    });
  }

  /** An attempt under way goes on. */
  async remove(
    wallet: Pick<Wallet, 'id' | 'organizationId' | 'currency'>,
  ): Promise<AutoRecharge | undefined> {
    return this.#feed.write(async (tx, changed) => {
      nameWallet(wallet, changed);
      const [row] = await tx<AutoRechargeRow[]>`
        delete from auto_recharges where wallet_id = ${wallet.id} returning *`;
      return row && autoRechargeFromRow(row);
    });
  }

  /** Those to be charged now, the longest due first. */
  async due(now: Date, limit: number): Promise<AutoRecharge[]> {
    const rows = await this.#sql<AutoRechargeRow[]>`
      select * from auto_recharges as recharge
      where status = 'active' and below_since is not null and not_before <= ${now}
        and not exists (
          select 1 from top_ups where wallet_id = recharge.wallet_id
            and origin = 'auto_recharge' and state in ('created', 'pending'))
      order by not_before, wallet_id limit ${limit}`;
    return rows.map(autoRechargeFromRow);
  }

  /** When the next one is due that is not yet. */
  async nextDue(now: Date): Promise<Date | undefined> {
    const [row] = await this.#sql<{ at: Date | null }[]>`
      select min(not_before) as at from auto_recharges
      where status = 'active' and below_since is not null and not_before > ${now}`;
    return row?.at ?? undefined;
  }

  /** Changes one under its lock; undefined when there is none. `decide` is pure. */
  async change(
    walletId: string,
    decide: (recharge: AutoRecharge) => RechargeChange | undefined,
  ): Promise<AutoRecharge | undefined> {
    return transaction(this.#sql, (tx) => changeRecharge(tx, walletId, decide));
  }

  /** Those that a card, or all cards of a customer, paid for. */
  async paidBy(card: { paymentMethod: string } | { customerId: string }): Promise<AutoRecharge[]> {
    const sql = this.#sql;
    const rows = await sql<AutoRechargeRow[]>`
      select * from auto_recharges where status = 'active' and ${
        'paymentMethod' in card
          ? sql`payment_method = ${card.paymentMethod}`
          : sql`customer_id = ${card.customerId}`
      }`;
    return rows.map(autoRechargeFromRow);
  }

  /** Those whose card's owner has not been asked to confirm yet. */
  async unasked(limit: number): Promise<AutoRecharge[]> {
    const rows = await this.#sql<AutoRechargeRow[]>`
      select * from auto_recharges
      where status = 'action_required' and confirm_top_up_id is null
      order by wallet_id limit ${limit}`;
    return rows.map(autoRechargeFromRow);
  }

  async waiting(): Promise<WaitingRecharges> {
    const rows = await this.#sql<WaitingRecharges[]>`
      select count(*) filter (where status = 'stopped') as stopped,
        count(*) filter (where status = 'action_required') as "actionRequired",
        (select coalesce(extract(epoch from now() - min(created_at)), 0)::float8 from top_ups
          where origin = 'auto_recharge' and state in ('created', 'pending')) as "openSeconds"
      from auto_recharges`;
    return onlyRow(rows);
  }

  /** Calls `heard` when a wallet crossed its threshold, whichever process wrote that. */
  async listen(heard: () => void): Promise<() => Promise<void>> {
    const { unlisten } = await this.#sql.listen(CHANNEL, heard, heard);
    return unlisten;
  }
}

/** Who knows the wallet knows whether it is recharged. One that stops by itself is seen a little later. */
function nameWallet(
  { id, organizationId, currency }: Pick<Wallet, 'id' | 'organizationId' | 'currency'>,
  changed: Changed,
): void {
  changed('wallet', id);
  changed('wallet_list', walletListKey(organizationId, currency));
}

/** A wallet as a ledger entry left it. */
export interface Crossing {
  walletId: string;
  spendableMicros: number;
  atMs: number;
}

/**
 * Notes which wallets came under their threshold, or above it again, and wakes whoever charges when
 * this transaction commits. At most one per wallet, its last.
 */
export async function noteCrossings(tx: Transaction, wallets: readonly Crossing[]): Promise<void> {
  const crossed = await tx<{ due: boolean }[]>`
    UPDATE auto_recharges AS recharge
    SET below_since = CASE WHEN spendable <= threshold_micros THEN to_timestamp(at / 1000.0) END
    FROM unnest(
      ${wallets.map(({ walletId }) => walletId)}::text[],
      ${wallets.map(({ spendableMicros }) => spendableMicros)}::bigint[],
      ${wallets.map(({ atMs }) => atMs)}::bigint[]
    ) AS given (id, spendable, at)
    WHERE recharge.wallet_id = given.id
      AND (below_since IS NULL) = (spendable <= threshold_micros)
    RETURNING below_since IS NOT NULL AND status = 'active' AS due`;
  if (crossed.some(({ due }) => due)) await tx`SELECT pg_notify(${CHANNEL}, '')`;
}

/** Within a transaction that may have more to write. */
export async function changeRecharge(
  tx: Transaction,
  walletId: string,
  decide: (recharge: AutoRecharge) => RechargeChange | undefined,
): Promise<AutoRecharge | undefined> {
  const [row] = await tx<AutoRechargeRow[]>`
    select * from auto_recharges where wallet_id = ${walletId} for update`;
  if (row === undefined) return undefined;
  const recharge = autoRechargeFromRow(row);
  const change = decide(recharge);
  if (change === undefined) return recharge;
  const next: AutoRecharge = { ...recharge, ...change.changes };
  const rows = await tx<AutoRechargeRow[]>`
    update auto_recharges set status = ${next.status}, stopped_reason = ${next.stoppedReason},
      attempt_id = ${next.attemptId}, confirm_top_up_id = ${next.confirmTopUpId},
      failures = ${next.failures}, not_before = ${next.notBefore}, capped = ${next.capped},
      payment_method = ${next.paymentMethod}, card_brand = ${next.cardBrand},
      card_last4 = ${next.cardLast4}, updated_at = now()
    where wallet_id = ${walletId} returning *`;
  await appendEvents(tx, change.events);
  return autoRechargeFromRow(onlyRow(rows));
}
