/**
 * The intent rows of transfers. Written before any money moves, so that any process can take up a
 * transfer where another one died; every step is a compare-and-set, so that of two processes on one
 * transfer only one takes it.
 */

import { BugError, derivedId } from '../../engine/index.ts';
import type { Sql } from '../connect.ts';
import { jsonText, objectCell } from './cells.ts';

export type TransferState =
  | 'created'
  | 'debited'
  | 'completed'
  | 'reversing'
  | 'reversed'
  | 'refused';

export interface Transfer {
  id: string;
  /** Who asked for it. */
  organizationId: string;
  fromWalletId: string;
  toWalletId: string;
  amountMicros: number;
  state: TransferState;
  reference: string | null;
  /** The key of the request, as the engine has it: `POST /v1/transfers <Idempotency-Key>`. */
  requestKey: string;
  fingerprint: string;
  /** Why it was refused or reversed, as answered to the caller. */
  refusal: Record<string, unknown> | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewTransfer {
  organizationId: string;
  fromWalletId: string;
  toWalletId: string;
  amountMicros: number;
  reference?: string | undefined;
  /** Scope, key and body fingerprint of the request: the same request finds the same transfer. */
  request: { scope: string; key: string; fingerprint: string };
}

/**
 * Forward only. `refused -> reversing` is a refusal that came too late: the debit was applied all
 * the same, by a process for which Redis had forgotten the refusal.
 */
const NEXT_STATES: Record<TransferState, readonly TransferState[]> = {
  created: ['debited', 'refused'],
  debited: ['completed', 'reversing'],
  reversing: ['reversed'],
  completed: [],
  reversed: [],
  refused: ['reversing'],
};

interface TransferRow {
  id: string;
  organization_id: string;
  from_wallet_id: string;
  to_wallet_id: string;
  amount_micros: number;
  state: TransferState;
  reference: string | null;
  request_key: string;
  fingerprint: string;
  refusal: unknown;
  created_at: Date;
  updated_at: Date;
}

export class Transfers {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * Writes the intent, or finds the one that the same request wrote. Compare the fingerprints.
   *
   * The id comes from the request: should Postgres come back without the intent, the request repeated
   * makes the same one again, whose money steps have the same keys and happen once.
   */
  async create(input: NewTransfer): Promise<{ created: boolean; transfer: Transfer }> {
    const { scope, key, fingerprint } = input.request;
    const [inserted] = await this.#sql<TransferRow[]>`
      insert into transfers (id, organization_id, from_wallet_id, to_wallet_id, amount_micros,
        reference, request_scope, request_key, fingerprint)
      values (${derivedId('trf', 'across', scope, key)}, ${input.organizationId}, ${input.fromWalletId},
        ${input.toWalletId}, ${input.amountMicros}, ${input.reference ?? null}, ${scope}, ${key},
        ${fingerprint})
      on conflict do nothing
      returning *`;
    if (inserted !== undefined) {
      return { created: true, transfer: fromRow(inserted) };
    }
    const [existing] = await this.#sql<TransferRow[]>`
      select * from transfers where request_scope = ${scope} and request_key = ${key}`;
    if (existing === undefined) {
      throw new BugError('a transfer that exists cannot be found');
    }
    return { created: false, transfer: fromRow(existing) };
  }

  async get(id: string): Promise<Transfer | undefined> {
    const [row] = await this.#sql<TransferRow[]>`select * from transfers where id = ${id}`;
    return row && fromRow(row);
  }

  /** Takes one step; undefined when the transfer was not in `from` any more. */
  async advance(
    id: string,
    from: TransferState,
    to: TransferState,
    refusal?: Record<string, unknown>,
  ): Promise<Transfer | undefined> {
    if (!NEXT_STATES[from].includes(to)) {
      throw new BugError(`a transfer does not go from ${from} to ${to}`);
    }
    const [row] = await this.#sql<TransferRow[]>`
      update transfers set state = ${to}, updated_at = now(),
        refusal = coalesce(${refusal ? jsonText(refusal) : null}::text::jsonb, refusal)
      where id = ${id} and state = ${from} returning *`;
    return row && fromRow(row);
  }

  /** Transfers in transit that nobody has moved for `idleMs`, the longest idle first. */
  async unfinished(idleMs: number, limit: number): Promise<Transfer[]> {
    const rows = await this.#sql<TransferRow[]>`
      select * from transfers
      where state in ('created', 'debited', 'reversing')
        and updated_at <= now() - ${idleMs} * interval '1 millisecond'
      order by updated_at, id limit ${limit}`;
    return rows.map(fromRow);
  }

  /** Whether the transfer's debit is in the ledger, however long ago Redis has forgotten its key. */
  async isDebited(id: string): Promise<boolean> {
    const rows = await this.#sql`
      select 1 from transfers transfer
      join wallets payer on payer.id = transfer.from_wallet_id
      join natural_keys debit on debit.scope = payer.organization_id and debit.kind = 'request'
        and debit.key = transfer.request_key and debit.fingerprint = transfer.fingerprint
      where transfer.id = ${id}`;
    return rows.length > 0;
  }

  /**
   * Refused transfers of the last day whose debit is in the ledger nevertheless. The debit has the
   * request's own key; the same key with another body is another request's effect.
   */
  async refusedYetDebited(limit: number): Promise<Transfer[]> {
    const rows = await this.#sql<TransferRow[]>`
      select transfer.* from transfers transfer
      join wallets payer on payer.id = transfer.from_wallet_id
      join natural_keys debit on debit.scope = payer.organization_id and debit.kind = 'request'
        and debit.key = transfer.request_key and debit.fingerprint = transfer.fingerprint
      where transfer.state = 'refused' and transfer.updated_at > now() - interval '1 day'
      order by transfer.updated_at limit ${limit}`;
    return rows.map(fromRow);
  }
}

function fromRow(row: TransferRow): Transfer {
  return {
    id: row.id,
    organizationId: row.organization_id,
    fromWalletId: row.from_wallet_id,
    toWalletId: row.to_wallet_id,
    amountMicros: row.amount_micros,
    state: row.state,
    reference: row.reference,
    requestKey: row.request_key,
    fingerprint: row.fingerprint,
    refusal: row.refusal === null ? null : objectCell(row.refusal),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
