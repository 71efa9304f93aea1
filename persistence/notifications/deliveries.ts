/**
 * Deliveries: which event still has to reach which endpoint, who is at it, and how it went. All times
 * are the caller's, so that a test may let a day pass.
 */
import { BugError } from '../../engine/index.ts';
import type { Sql } from '../connect.ts';
import { onlyRow } from '../directory/cells.ts';
import { transaction } from '../transaction.ts';
import { type ClaimedDelivery, type ClaimOptions, claimDeliveries } from './claim.ts';
import { fanOutEvents, insertDeliveries } from './fan-out.ts';
import { appendEvents, type NewEvent } from './outbox.ts';
import { type Outcome, recordTry } from './record.ts';

export class Deliveries {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * Makes the deliveries of up to `limit` events that have none yet. One process at a time, so that an
   * event never waits while a later one of its subject is on its way.
   * @returns how many events were taken; 0 also while another process is at it
   */
  async fanOut(limit: number, now: Date): Promise<number> {
    // Most looks are for what is due, and a transaction is four times the way to the database.
    const [waiting] = await this.#sql`select 1 from outbox where dispatched_at is null limit 1`;
    if (waiting === undefined) return 0;
    return transaction(this.#sql, (tx) => fanOutEvents(tx, limit, now));
  }

  /** Writes an event that is for one endpoint alone, whatever its filter says. @returns the delivery */
  async makeOne(endpointId: string, event: NewEvent, now: Date): Promise<string> {
    return transaction(this.#sql, async (tx) => {
      await appendEvents(tx, [event]);
      await tx`update outbox set dispatched_at = ${now} where id = ${event.id}`;
      const wanted = [{ endpoint: endpointId, event: event.id }];
      const [id] = await insertDeliveries(tx, wanted, now);
      if (id === undefined) throw new BugError(`${event.id} is on its way already`);
      return id;
    });
  }

  /** Takes deliveries that are due: see claim.ts for whose turn it is. */
  claim(options: ClaimOptions): Promise<ClaimedDelivery[]> {
    return claimDeliveries(this.#sql, options);
  }

  /** How many an endpoint was sent since then, and how many are in hand that come before this one. */
  async sentSince(
    { endpointId, position }: ClaimedDelivery,
    since: Date,
    now: Date,
  ): Promise<{ sent: number; ahead: number }> {
    const rows = await this.#sql<{ sent: number; ahead: number }[]>`
      select
        (select count(*) from notification_deliveries
          where endpoint_id = ${endpointId} and state = 'delivered' and delivered_at >= ${since})
          as sent,
        (select count(*) from notification_deliveries
          where endpoint_id = ${endpointId} and state = 'pending'
            and (strikes > 0 or claimed_until is not null)
            and claimed_until > ${now} and position < ${position}) as ahead`;
    return onlyRow(rows);
  }

  /** How many were dropped since the last that an endpoint was sent. */
  async leftOut(endpointId: string): Promise<number> {
    const rows = await this.#sql<{ leftOut: number }[]>`
      select count(*) as "leftOut" from notification_deliveries
      where endpoint_id = ${endpointId} and state = 'dropped' and id > coalesce((
        select id from notification_deliveries
        where endpoint_id = ${endpointId} and state = 'delivered'
        order by delivered_at desc, id desc limit 1), '')`;
    return onlyRow(rows).leftOut;
  }

  /** Gives a delivery back untried, to be taken again from `at` on. */
  async putBack(id: string, owner: string, at: Date): Promise<void> {
    await this.#sql`
      update notification_deliveries
      set claimed_by = null, claimed_until = null, next_attempt_at = ${at}
      where id = ${id} and claimed_by = ${owner} and state = 'pending'`;
  }

  /**
   * Writes how a try went. What another process took over meanwhile keeps its own outcome.
   * @param outcomeOf of the failures that count for the delivery's schedule before this try
   * @returns undefined when it was not recorded
   */
  record(
    id: string,
    owner: string,
    outcomeOf: (strikes: number) => Outcome,
  ): Promise<Outcome | undefined> {
    return transaction(this.#sql, (tx) => recordTry(tx, id, owner, outcomeOf));
  }
}
