/**
 * Lists of calls with the committed state of their holds, newest first.
 *
 * The hold's state is the ledger's view: it trails the engine by the flusher's lag, and a call that
 * has no committed hold yet matches no state.
 */

import { type HoldState, partitionOf, unpackHoldState } from '../../engine/index.ts';
import type { Sql } from '../connect.ts';
import { type CallRecord, type CallRow, callFromRow } from './call-record.ts';
import type { Organizations } from './organizations.ts';
import { subtree } from './organizations.ts';
import { type Page, rowsToAsk, toPage } from './page.ts';

export type CallState = 'authorized' | 'live' | 'final' | 'captured' | 'voided' | 'expired';

export interface CallListRequest {
  limit: number;
  /** Calls of exactly this organization. */
  organizationId?: string | undefined;
  /** Calls of this organization and everything below it. */
  within?: string | undefined;
  state?: CallState | undefined;
  /** The last call already seen; its id alone is not unique. */
  startingAfter?: { organizationId: string; callId: string } | undefined;
}

export interface ListedCall {
  call: CallRecord;
  /** Absent until the hold is committed. */
  hold: HoldState | undefined;
}

type ListedRow = CallRow & { snapshot: Buffer | null };

export class CallList {
  readonly #sql: Sql;
  readonly #organizations: Organizations;
  readonly #partitions: number;

  constructor(sql: Sql, organizations: Organizations, partitions: number) {
    this.#sql = sql;
    this.#organizations = organizations;
    this.#partitions = partitions;
  }

  /** One page; undefined when `startingAfter` is not a call. */
  async list(request: CallListRequest): Promise<Page<ListedCall> | undefined> {
    const sql = this.#sql;
    const { organizationId, within, startingAfter } = request;
    if (startingAfter !== undefined && !(await this.#exists(startingAfter))) {
      return undefined;
    }
    const partition = await this.#partitionOf(organizationId ?? within);
    const family = within === undefined ? sql`` : subtree(sql, within);
    const rows = await sql<ListedRow[]>`
      select c.*, h.snapshot from calls c left join holds h on h.id = c.hold_id
      where ${organizationId === undefined ? sql`true` : sql`c.organization_id = ${organizationId}`}
        and ${within === undefined ? sql`true` : sql`c.organization_id in (${family})`}
        and ${this.#inState(request.state, partition)}
        and ${
          startingAfter === undefined
            ? sql`true`
            : sql`(c.created_at, c.organization_id, c.call_id) < (
                select created_at, organization_id, call_id from calls
                where organization_id = ${startingAfter.organizationId}
                  and call_id = ${startingAfter.callId})`
        }
      order by c.created_at desc, c.organization_id desc, c.call_id desc
      limit ${rowsToAsk(request.limit)}`;
    return toPage(rows.map(listedFromRow), request.limit);
  }

  /** The partition that the organization's tree lives in; undefined for all of them. */
  async #partitionOf(organizationId: string | undefined): Promise<number | undefined> {
    const organization =
      organizationId === undefined ? undefined : await this.#organizations.get(organizationId);
    return organization && partitionOf(organization.rootId, this.#partitions);
  }

  /**
   * Open holds are few among all that ever were. Naming the partition, and that none is closed, as
   * constants lets Postgres start from the small index of open holds. Not async: a fragment is a
   * thenable, and awaiting it would run it as a statement.
   */
  #inState(state: CallState | undefined, partition: number | undefined) {
    const sql = this.#sql;
    if (state === undefined) {
      return sql`true`;
    }
    const isOpen = state === 'authorized' || state === 'live' || state === 'final';
    return sql`h.state = ${state}
      and ${isOpen ? sql`h.closed_at is null` : sql`true`}
      and ${partition === undefined ? sql`true` : sql`h.partition = ${partition}`}`;
  }

  async #exists(call: { organizationId: string; callId: string }): Promise<boolean> {
    const rows = await this.#sql`
      select 1 as found from calls
      where organization_id = ${call.organizationId} and call_id = ${call.callId}`;
    return rows.length === 1;
  }
}

function listedFromRow(row: ListedRow): ListedCall {
  return {
    call: callFromRow(row),
    hold: row.snapshot === null ? undefined : unpackHoldState(row.snapshot),
  };
}
