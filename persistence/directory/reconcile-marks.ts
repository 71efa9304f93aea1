/**
 * How far each provider account has been reconciled, and the lease on the next pass over it.
 *
 * A lease spares work, it does not guard: applying a provider's record twice is harmless. A mark
 * only moves forward, and only over stretches that touch it, so that nothing is ever skipped. Time
 * of leases and schedules is Postgres' own; marks are in the time of whoever asked the provider.
 */
import type { Sql } from '../connect.ts';
import { onlyRow } from './cells.ts';

export interface ReconcileAccount {
  provider: string;
  /** Empty for the platform's own account. */
  organizationId: string;
}

/** A pass that this process is to do. */
export interface ReconcileOrder extends ReconcileAccount {
  /** Null before the first complete pass. */
  reconciledUntil: Date | null;
  /** Somebody asked to look further back. */
  wantedSince: Date | null;
}

interface MarkRow {
  provider: string;
  organization_id: string;
  reconciled_until: Date | null;
  wanted_since: Date | null;
}

export class ReconcileMarks {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * Asks for a pass over an account, `delayMs` from now or when it is due anyway.
   * @param since look at least so far back.
   */
  async request(account: ReconcileAccount, since?: Date, delayMs = 0): Promise<void> {
    const { provider, organizationId } = account;
    await this.#sql`
      insert into reconcile_marks as mark
        (provider, organization_id, due_at, requested_at, wanted_since)
      values (${provider}, ${organizationId}, now() + ${delayMs} * interval '1 millisecond', now(),
        ${since ?? null})
      on conflict (provider, organization_id) do update set
        due_at = least(mark.due_at, excluded.due_at),
        requested_at = now(),
        wanted_since = least(mark.wanted_since, excluded.wanted_since)`;
  }

  /** Takes up the pass that is due the longest and that nobody is at; accounts new here are due. */
  async claim(
    accounts: readonly ReconcileAccount[],
    owner: string,
    leaseMs: number,
  ): Promise<ReconcileOrder | undefined> {
    if (accounts.length === 0) return undefined;
    const providers = accounts.map(({ provider }) => provider);
    const organizations = accounts.map(({ organizationId }) => organizationId);
    await this.#sql`
      insert into reconcile_marks (provider, organization_id)
      select * from unnest(${providers}::text[], ${organizations}::text[])
      on conflict do nothing`;
    const rows = await this.#sql<MarkRow[]>`
      with free as (
        select provider, organization_id from reconcile_marks
        where (provider, organization_id) in (
            select * from unnest(${providers}::text[], ${organizations}::text[]))
          and due_at <= now() and (leased_until is null or leased_until <= now())
        order by due_at limit 1 for update skip locked
      )
      update reconcile_marks as mark set leased_by = ${owner}, claimed_at = now(),
        leased_until = now() + ${leaseMs} * interval '1 millisecond'
      from free
      where mark.provider = free.provider and mark.organization_id = free.organization_id
      returning mark.provider, mark.organization_id, reconciled_until, wanted_since`;
    const [row] = rows;
    return row && fromRow(row);
  }

  /** Keeps a pass; false when another process has it by now. */
  async renew(account: ReconcileAccount, owner: string, leaseMs: number): Promise<boolean> {
    const rows = await this.#sql`
      update reconcile_marks set leased_until = now() + ${leaseMs} * interval '1 millisecond'
      where provider = ${account.provider} and organization_id = ${account.organizationId}
        and leased_by = ${owner}
      returning 1 as renewed`;
    return rows.length === 1;
  }

  /** Everything from `from` to `to` has been compared. Moves the mark unless that left a gap. */
  async advance(account: ReconcileAccount, from: Date, to: Date): Promise<void> {
    await this.#sql`
      insert into reconcile_marks as mark (provider, organization_id, reconciled_until)
      values (${account.provider}, ${account.organizationId}, ${to})
      on conflict (provider, organization_id) do update
        set reconciled_until = greatest(mark.reconciled_until, excluded.reconciled_until)
        where mark.reconciled_until is null or mark.reconciled_until >= ${from}`;
  }

  /**
   * Gives a pass back, to be done again after `nextMs`; at once if somebody asked for one meanwhile.
   * @param done false keeps the wish to look further back, because it was not fulfilled.
   */
  async finish(
    account: ReconcileAccount,
    owner: string,
    nextMs: number,
    done: boolean,
  ): Promise<void> {
    await this.#sql`
      update reconcile_marks set leased_by = null, leased_until = null,
        due_at = case when requested_at > claimed_at then due_at
          else now() + ${nextMs} * interval '1 millisecond' end,
        wanted_since = case when requested_at > claimed_at or not ${done}::boolean
          then wanted_since end
      where provider = ${account.provider} and organization_id = ${account.organizationId}
        and leased_by = ${owner}`;
  }

  /** How far an account has been reconciled; null when it never was. */
  async reconciledUntil(account: ReconcileAccount): Promise<Date | null> {
    const rows = await this.#sql<{ until: Date | null }[]>`
      select max(reconciled_until) as until from reconcile_marks
      where provider = ${account.provider} and organization_id = ${account.organizationId}`;
    return onlyRow(rows).until;
  }
}

function fromRow(row: MarkRow): ReconcileOrder {
  return {
    provider: row.provider,
    organizationId: row.organization_id,
    reconciledUntil: row.reconciled_until,
    wantedSince: row.wanted_since,
  };
}
