/**
 * Transfers as they are read: those between partitions from their intent rows, those inside one from
 * the ledger, where one mutation with two rows is the whole transfer. What was refused moved nothing
 * and is none.
 */
import type { Sql } from '../connect.ts';
import { objectCell } from './cells.ts';
import { subtree } from './organizations.ts';
import { type Page, type PageRequest, rowsToAsk, toPage } from './page.ts';
import type { TransferState } from './transfers.ts';

export interface ListedTransfer {
  id: string;
  fromWalletId: string;
  toWalletId: string;
  amountMicros: number;
  state: Exclude<TransferState, 'refused'>;
  reference: string | null;
  /** Why it was reversed. */
  refusal: Record<string, unknown> | null;
  createdAt: Date;
}

export interface TransferListRequest extends PageRequest {
  /** Transfers from or to a wallet of this organization. */
  organizationId?: string | undefined;
  /** The same for an organization and all below it. */
  within?: string | undefined;
  /** Transfers from or to this wallet. */
  walletId?: string | undefined;
}

interface ListedRow {
  id: string;
  from_wallet_id: string;
  to_wallet_id: string;
  amount_micros: number;
  state: ListedTransfer['state'];
  reference: string | null;
  refusal: unknown;
  created_at: Date;
}

export class TransferList {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** One transfer; one inside a partition is there once its rows are in the ledger. */
  async get(id: string): Promise<ListedTransfer | undefined> {
    const sql = this.#sql;
    const rows = await sql<ListedRow[]>`
      ${between(sql)} where state <> 'refused' and id = ${id}
      union all
      ${inside(sql)} and payer.details ->> 'transfer_id' = ${id} limit 1`;
    return rows[0] && fromRow(rows[0]);
  }

  /** Newest first; undefined when `startingAfter` names no transfer. */
  async list(request: TransferListRequest): Promise<Page<ListedTransfer> | undefined> {
    const sql = this.#sql;
    const { startingAfter } = request;
    if (startingAfter !== undefined && (await this.get(startingAfter)) === undefined) {
      return undefined;
    }
    const asked = rowsToAsk(request.limit);
    const rows = await sql<ListedRow[]>`
      with place as (${placeOf(sql, startingAfter ?? '')})
      (${between(sql)}
        where state <> 'refused' and ${ofWallets(sql, request, ['from_wallet_id', 'to_wallet_id'])}
          and ${below(sql, startingAfter, sql`(created_at, id)`)}
        order by created_at desc, id desc limit ${asked})
      union all
      (${inside(sql)} and ${ofWallets(sql, request, ['payer.wallet_id', 'payee.wallet_id'])}
          and ${below(sql, startingAfter, sql`(payer.created_at, payer.details ->> 'transfer_id')`)}
        order by payer.created_at desc, payer.details ->> 'transfer_id' desc limit ${asked})
      order by created_at desc, id desc limit ${asked}`;
    return toPage(rows.map(fromRow), request.limit);
  }
}

/** The start of a query of intent rows; a condition follows. */
function between(sql: Sql) {
  return sql`
    select id, from_wallet_id, to_wallet_id, amount_micros, state, reference, refusal, created_at
    from transfers`;
}

/** The start of a query of the ledger; `and` follows. The payee's row has the next entry id. */
function inside(sql: Sql) {
  return sql`
    select payer.details ->> 'transfer_id' as id, payer.wallet_id as from_wallet_id,
      payee.wallet_id as to_wallet_id, payee.amount_micros, 'completed' as state,
      payer.reference, null::jsonb as refusal, payer.created_at
    from ledger_entries payer
    join ledger_entries payee
      on payee.id = 'ent_' || payer.mutation_id || '1' and payee.created_at = payer.created_at
    where payer.operation = 'transfer' and payer.row_index = 0`;
}

/** Where a page goes on, compared in SQL: a Date would lose the microseconds. */
function placeOf(sql: Sql, id: string) {
  return sql`
    select created_at, id from transfers where id = ${id}
    union all
    select created_at, details ->> 'transfer_id' from ledger_entries
    where operation = 'transfer' and row_index = 0 and details ->> 'transfer_id' = ${id}
    limit 1`;
}

function below(sql: Sql, startingAfter: string | undefined, place: ReturnType<Sql>) {
  return startingAfter === undefined
    ? sql`true`
    : sql`${place} < (select place.created_at, place.id from place)`;
}

function ofWallets(sql: Sql, request: TransferListRequest, [from, to]: [string, string]) {
  const { organizationId, within, walletId } = request;
  const either = (ids: ReturnType<Sql>) =>
    sql`(${sql(from)} in (${ids}) or ${sql(to)} in (${ids}))`;
  const conditions = [
    ...(walletId === undefined ? [] : [either(sql`select ${walletId}::text`)]),
    ...(organizationId === undefined
      ? []
      : [either(sql`select id from wallets where organization_id = ${organizationId}`)]),
    ...(within === undefined
      ? []
      : [either(sql`select id from wallets where organization_id in (${subtree(sql, within)})`)]),
  ];
  return conditions.reduce((all, condition) => sql`${all} and ${condition}`, sql`true`);
}

function fromRow(row: ListedRow): ListedTransfer {
  return {
    id: row.id,
    fromWalletId: row.from_wallet_id,
    toWalletId: row.to_wallet_id,
    amountMicros: row.amount_micros,
    state: row.state,
    reference: row.reference,
    refusal: row.refusal === null ? null : objectCell(row.refusal),
    createdAt: row.created_at,
  };
}
