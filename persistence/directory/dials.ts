/**
 * The calls that Ringfence places itself. A row is made once and its state is only ever compared and
 * set, so that of any number of requests and processes one dials, and its word stands.
 */
import type { Sql } from '../connect.ts';
import type { DialState } from '../schema/dials.ts';
import { onlyRow } from './cells.ts';

export interface Dial {
  organizationId: string;
  callId: string;
  provider: string;
  /** Whose account at the provider; empty for the platform's own. */
  account: string;
  fingerprint: string;
  from: string;
  to: string;
  state: DialState;
  providerCallId: string | null;
  /** What the provider answered when it refused. */
  providerStatus: number | null;
  dialedAt: Date;
  /** The call was linked, or its hold released. */
  done: boolean;
  /** How often somebody came back to finish it. */
  looks: number;
}

/** A dial that may have placed a call, by what the call is known by at its provider. */
export interface OpenDial {
  from: string;
  to: string;
  /** Epoch ms. */
  dialedAtMs: number;
  /** Another such dial between the same numbers, about the same time, is open as well. */
  isOneOfSeveral: boolean;
}

export type NewDial = Pick<
  Dial,
  'organizationId' | 'callId' | 'provider' | 'account' | 'fingerprint' | 'from' | 'to'
>;

/** What became of a dial. `unknown`: it may exist. */
export type DialDecision =
  | { state: 'created'; providerCallId: string }
  | { state: 'refused'; providerStatus: number | undefined }
  | { state: 'unknown' };

/** A call, by its key. */
export type DialKey = Pick<Dial, 'organizationId' | 'callId'>;

interface DialRow {
  organization_id: string;
  call_id: string;
  provider: string;
  account: string;
  fingerprint: string;
  from_number: string;
  to_number: string;
  state: DialState;
  provider_call_id: string | null;
  provider_status: number | null;
  dialed_at: Date;
  done_at: Date | null;
  looks: number;
}

export class Dials {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * Makes the row. Who finds `begun` true, and nobody else, asks the provider.
   * @param lookAfterMs when others may look after the call, because its maker must be dead.
   */
  async begin(dial: NewDial, lookAfterMs: number): Promise<{ begun: boolean; dial: Dial }> {
    const made = await this.#sql<DialRow[]>`
      insert into dials (organization_id, call_id, provider, account, fingerprint, from_number,
        to_number, look_at)
      values (${dial.organizationId}, ${dial.callId}, ${dial.provider}, ${dial.account},
        ${dial.fingerprint}, ${dial.from}, ${dial.to},
        now() + ${lookAfterMs} * interval '1 millisecond')
      on conflict (organization_id, call_id) do nothing
      returning *`;
    const [row] = made;
    if (row !== undefined) return { begun: true, dial: fromRow(row) };
    const present = await this.#sql<DialRow[]>`
      select * from dials
      where organization_id = ${dial.organizationId} and call_id = ${dial.callId}`;
    return { begun: false, dial: fromRow(onlyRow(present)) };
  }

  /** Undefined when the call was never dialled. */
  async find({ organizationId, callId }: DialKey): Promise<Dial | undefined> {
    const [row] = await this.#sql<DialRow[]>`
      select * from dials where organization_id = ${organizationId} and call_id = ${callId}`;
    return row && fromRow(row);
  }

  /** Sets what became of an open dial. The first decision stands, and is the answer to all. */
  async decide(key: DialKey, decision: DialDecision, lookAfterMs: number): Promise<Dial> {
    const { organizationId, callId } = key;
    const { state } = decision;
    const providerCallId = state === 'created' ? decision.providerCallId : null;
    const providerStatus = state === 'refused' ? (decision.providerStatus ?? null) : null;
    await this.#sql`
      update dials set state = ${state}, provider_call_id = ${providerCallId},
        provider_status = ${providerStatus},
        look_at = now() + ${lookAfterMs} * interval '1 millisecond'
      where organization_id = ${organizationId} and call_id = ${callId}
        and (state = 'dialing' or (state = 'unknown' and ${state} <> 'unknown'))`;
    const rows = await this.#sql<DialRow[]>`
      select * from dials where organization_id = ${organizationId} and call_id = ${callId}`;
    return fromRow(onlyRow(rows));
  }

  /**
   * The dial of a call while it is not known whether it placed it.
   * @param aboutMs another such dial between the same numbers counts within so long before or after
   */
  async openBetween(
    { organizationId, callId }: DialKey,
    aboutMs: number,
  ): Promise<OpenDial | undefined> {
    const [row] = await this.#sql<(DialRow & { others: boolean })[]>`
      select *, exists (
        select from dials as other
        where other.done_at is null and other.provider = dial.provider
          and other.account = dial.account
          and other.from_number = dial.from_number and other.to_number = dial.to_number
          and (other.organization_id, other.call_id) <> (dial.organization_id, dial.call_id)
          and abs(extract(epoch from other.dialed_at - dial.dialed_at)) * 1000 <= ${aboutMs}
      ) as others
      from dials as dial
      where organization_id = ${organizationId} and call_id = ${callId} and done_at is null`;
    if (row === undefined) return undefined;
    const { from, to, dialedAt } = fromRow(row);
    return { from, to, dialedAtMs: dialedAt.getTime(), isOneOfSeveral: row.others };
  }

  /** True while it is not known of some dial from this number whether its call exists. */
  async anyOpenFrom(provider: string, from: string): Promise<boolean> {
    const rows = await this.#sql`
      select 1 as open from dials
      where done_at is null and provider = ${provider} and from_number = ${from} limit 1`;
    return rows.length === 1;
  }

  /** Nothing is left to do for it. */
  async finish({ organizationId, callId }: DialKey): Promise<void> {
    await this.#sql`
      update dials set done_at = coalesce(done_at, now())
      where organization_id = ${organizationId} and call_id = ${callId}`;
  }

  /** Hands out unfinished dials that are due; each to one process until its lease is over. */
  async claim(limit: number, leaseMs: number): Promise<Dial[]> {
    const rows = await this.#sql<DialRow[]>`
      update dials set look_at = now() + ${leaseMs} * interval '1 millisecond', looks = looks + 1
      where (organization_id, call_id) in (
        select organization_id, call_id from dials
        where done_at is null and look_at <= now()
        order by look_at limit ${limit} for update skip locked)
      returning *`;
    return rows.map(fromRow);
  }

  /** Comes back to it after so long. */
  async postpone({ organizationId, callId }: DialKey, afterMs: number): Promise<void> {
    await this.#sql`
      update dials set look_at = now() + ${afterMs} * interval '1 millisecond'
      where organization_id = ${organizationId} and call_id = ${callId} and done_at is null`;
  }
}

function fromRow(row: DialRow): Dial {
  return {
    organizationId: row.organization_id,
    callId: row.call_id,
    provider: row.provider,
    account: row.account,
    fingerprint: row.fingerprint,
    from: row.from_number,
    to: row.to_number,
    state: row.state,
    providerCallId: row.provider_call_id,
    providerStatus: row.provider_status,
    dialedAt: row.dialed_at,
    done: row.done_at !== null,
    looks: row.looks,
  };
}
