/**
 * Deliveries: which event still has to reach which endpoint, who is at it, and how it went. All times
 * are the caller's, so that a test may let a day pass.
 */
import { BugError, newId } from '../../engine/index.ts';
import type { Sql, Transaction } from '../connect.ts';
import { onlyRow } from '../directory/cells.ts';
import type { DeliveryState, NotificationChannel } from '../schema/notifications.ts';
import { transaction } from '../transaction.ts';
import { appendEvents, type NewEvent } from './outbox.ts';

/** A delivery in somebody's hands. */
export interface ClaimedDelivery {
  id: string;
  endpointId: string;
  channel: NotificationChannel;
  target: string;
  sealed: Buffer | null;
  eventId: string;
  type: string;
  organizationId: string | null;
  occurredAt: Date;
  data: Record<string, unknown>;
  /** Tries before this one. */
  attempts: number;
  /** When it was to be tried first. */
  startedAt: Date;
}

export interface Outcome {
  /** What becomes of the delivery. */
  state: DeliveryState;
  at: Date;
  durationMs: number;
  status: number | null;
  error: string | null;
  /** The beginning of the answer. */
  answer: string;
  /** Of a delivery that stays pending. */
  nextAttemptAt: Date;
  /** Leaves the endpoint alone until then. */
  quietUntil: Date | null;
  /** Nobody is there, or not able to take anything: not a matter of this event. */
  unreachable: boolean;
  /** The endpoint is to be sent nothing any more, and why. */
  disable: string | null;
}

/** Any constant will do, as long as nothing else in the database locks on it. */
const FAN_OUT_LOCK = 7_246_004;
/** From so many failures in a row on an endpoint counts as down; its next success is news. */
export const DOWN_AFTER_FAILURES = 5;
/** For so long an endpoint may be down without its order being lost. */
const ORDERED_MS = 6 * 3_600_000;
/** Due deliveries of one endpoint that a claim looks at, the oldest. */
const LOOKED_AT = 1_000;
/** An endpoint that is down is left alone for so long, doubled at each further failure. */
const QUIET_SECONDS = 5;
const QUIET_MAX_SECONDS = 600;

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
  fanOut(limit: number, now: Date): Promise<number> {
    return transaction(this.#sql, async (tx) => {
      const [lock] = await tx<{ mine: boolean }[]>`
        select pg_try_advisory_xact_lock(${FAN_OUT_LOCK}) as mine`;
      if (lock?.mine !== true) return 0;
      const rows = await tx<{ position: number }[]>`
        select position from outbox where dispatched_at is null order by position limit ${limit}`;
      const positions = rows.map(({ position }) => position);
      if (positions.length === 0) return 0;
      const wanted = await tx<{ endpoint: string; event: string }[]>`
        with recursive waiting as (
          select position, id, type, organization_id from outbox
          where position = any(${positions}::bigint[])
        ), above (event, organization_id) as (
          select id, organization_id from waiting where organization_id is not null
          union all
          select above.event, organizations.parent_id from above
          join organizations on organizations.id = above.organization_id
          where organizations.parent_id is not null
        )
        select endpoint.id as endpoint, waiting.id as event from waiting
        join notification_endpoints as endpoint
          on endpoint.status = 'enabled'
          and endpoint.events && array['*', split_part(waiting.type, '.', 1) || '.*', waiting.type]
          and (endpoint.organization_id is null
            or endpoint.organization_id = waiting.organization_id
            or endpoint.include_descendants and exists (
              select 1 from above where above.event = waiting.id
                and above.organization_id = endpoint.organization_id))
        order by waiting.position`;
      await insertDeliveries(tx, wanted, now);
      await tx`
        update outbox set dispatched_at = ${now} where position = any(${positions}::bigint[])`;
      return positions.length;
    });
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

  /**
   * Takes deliveries that are due, at most `perEndpoint` of each endpoint, none of `busy` ones.
   *
   * Events of one subject go to an endpoint one after the other: while an earlier one is on its way or
   * due, or has failed fewer than `heldBack` times, later ones wait. So they do while the endpoint is
   * down, which is found out by the oldest of them whenever the quiet time is over.
   */
  async claim(options: {
    owner: string;
    now: Date;
    leaseMs: number;
    limit: number;
    perEndpoint: number;
    heldBack: number;
    busy: readonly string[];
  }): Promise<ClaimedDelivery[]> {
    const { owner, now, leaseMs, limit, perEndpoint, heldBack, busy } = options;
    const until = new Date(now.getTime() + leaseMs);
    const orderedSince = new Date(now.getTime() - ORDERED_MS);
    return await this.#sql<ClaimedDelivery[]>`
      with due as (
        select first.id, first.position from notification_endpoints as endpoint
        cross join lateral (
          select candidate.id, candidate.position from (
            select * from notification_deliveries
            where endpoint_id = endpoint.id and state = 'pending'
              and (next_attempt_at <= ${now} or endpoint.unreachable >= ${DOWN_AFTER_FAILURES})
            order by position limit ${LOOKED_AT}
          ) as candidate
          where (candidate.claimed_until is null or candidate.claimed_until <= ${now})
            and not exists (
              select 1 from notification_deliveries as earlier
              where earlier.endpoint_id = endpoint.id and earlier.subject = candidate.subject
                and earlier.state = 'pending' and earlier.position < candidate.position
                and (earlier.attempts < ${heldBack} or earlier.next_attempt_at <= ${now}
                  or earlier.claimed_until > ${now}
                  or (endpoint.unreachable >= ${DOWN_AFTER_FAILURES}
                    and earlier.started_at > ${orderedSince})))
          order by candidate.position limit ${perEndpoint}
        ) as first
        where endpoint.status = 'enabled'
          and (endpoint.quiet_until is null or endpoint.quiet_until <= ${now})
          and not (endpoint.id = any(${[...busy]}::text[]))
      ), free as (
        select id from notification_deliveries
        where id in (select id from due order by position limit ${limit})
          and state = 'pending' and (claimed_until is null or claimed_until <= ${now})
        for update skip locked
      ), claimed as (
        update notification_deliveries as delivery
        set claimed_by = ${owner}, claimed_until = ${until}
        from free where delivery.id = free.id
        returning delivery.*
      )
      select claimed.id, claimed.endpoint_id as "endpointId", endpoint.channel, endpoint.target,
             endpoint.sealed, claimed.event_id as "eventId", claimed.type,
             event.organization_id as "organizationId", event.occurred_at as "occurredAt",
             event.data, claimed.attempts, claimed.started_at as "startedAt"
      from claimed
      join notification_endpoints as endpoint on endpoint.id = claimed.endpoint_id
      join outbox as event on event.id = claimed.event_id
      order by claimed.position`;
  }

  /** How many an endpoint was sent since then, and how many were dropped since the last one. */
  async sentSince(endpointId: string, since: Date): Promise<{ sent: number; leftOut: number }> {
    const rows = await this.#sql<{ sent: number; leftOut: number }[]>`
      select count(*) filter (where state = 'delivered' and delivered_at >= ${since}) as sent,
        count(*) filter (where state = 'dropped' and position > coalesce((
          select max(position) from notification_deliveries
          where endpoint_id = ${endpointId} and state = 'delivered'), 0)) as "leftOut"
      from notification_deliveries
      where endpoint_id = ${endpointId} and state in ('delivered', 'dropped')`;
    return onlyRow(rows);
  }

  /** Gives a delivery back untried, to be taken again from `at` on. */
  async putBack(id: string, owner: string, at: Date): Promise<void> {
    await this.#sql`
      update notification_deliveries
      set claimed_by = null, claimed_until = null, next_attempt_at = ${at}
      where id = ${id} and claimed_by = ${owner} and state = 'pending'`;
  }

  /** Writes how a try went. What another process took over meanwhile keeps its own outcome. */
  async record(id: string, owner: string, outcome: Outcome): Promise<void> {
    const { state, at, status, error } = outcome;
    await transaction(this.#sql, async (tx) => {
      // The endpoint first: what follows may touch others of its deliveries, which are recorded now too.
      const [endpoint] = await tx<{ unreachable: number }[]>`
        select unreachable from notification_endpoints
        where id = (select endpoint_id from notification_deliveries where id = ${id})
        for no key update`;
      if (endpoint === undefined) return;
      const [delivery] = await tx<{ endpointId: string; attempts: number }[]>`
        update notification_deliveries set state = ${state}, attempts = attempts + 1,
          next_attempt_at = ${outcome.nextAttemptAt}, claimed_by = null, claimed_until = null,
          last_status = ${status}, last_error = ${error},
          delivered_at = ${state === 'delivered' ? at : null}
        where id = ${id} and claimed_by = ${owner}
        returning endpoint_id as "endpointId", attempts`;
      if (delivery === undefined) return;
      await tx`
        insert into notification_attempts
          (delivery_id, attempt, at, duration_ms, status, error, answer)
        values (${id}, ${delivery.attempts}, ${at}, ${outcome.durationMs}, ${status}, ${error},
          ${outcome.answer})`;
      const wasDown = endpoint.unreachable >= DOWN_AFTER_FAILURES;
      if (state === 'delivered') await noteSuccess(tx, delivery.endpointId, wasDown, at);
      else if (state !== 'dropped') await noteFailure(tx, delivery.endpointId, outcome);
    });
  }
}

async function insertDeliveries(
  tx: Transaction,
  wanted: readonly { endpoint: string; event: string }[],
  now: Date,
): Promise<string[]> {
  if (wanted.length === 0) return [];
  const rows = await tx<{ id: string }[]>`
    insert into notification_deliveries
      (id, endpoint_id, event_id, position, type, subject, started_at, next_attempt_at)
    select wanted.id, wanted.endpoint, event.id, event.position, event.type, event.subject,
      ${now}, ${now}
    from unnest(
      ${wanted.map(() => newId('dlv'))}::text[], ${wanted.map((one) => one.endpoint)}::text[],
      ${wanted.map((one) => one.event)}::text[]) as wanted (id, endpoint, event)
    join outbox as event on event.id = wanted.event
    on conflict (endpoint_id, event_id) do nothing returning id`;
  return rows.map(({ id }) => id);
}

/** An endpoint that was down is up: whatever waits for it goes now. */
async function noteSuccess(
  tx: Transaction,
  endpointId: string,
  wasDown: boolean,
  at: Date,
): Promise<void> {
  await tx`
    update notification_endpoints
    set failures = 0, unreachable = 0, failing_since = null, quiet_until = null, last_success_at = ${at}
    where id = ${endpointId}`;
  if (!wasDown) return;
  await tx`
    update notification_deliveries set next_attempt_at = ${at}
    where endpoint_id = ${endpointId} and state = 'pending' and next_attempt_at > ${at}`;
}

async function noteFailure(tx: Transaction, endpointId: string, outcome: Outcome): Promise<void> {
  const { at, quietUntil, disable, unreachable } = outcome;
  await tx`
    update notification_endpoints set failures = failures + 1,
      unreachable = case when ${unreachable} then unreachable + 1 else 0 end,
      failing_since = coalesce(failing_since, ${at}),
      quiet_until = greatest(${quietUntil}::timestamptz, case
        when ${unreachable} and unreachable + 1 >= ${DOWN_AFTER_FAILURES}
        then ${at}::timestamptz + least(
          ${QUIET_MAX_SECONDS},
          ${QUIET_SECONDS} * 2 ^ least(unreachable + 1 - ${DOWN_AFTER_FAILURES}, 20)
        ) * interval '1 second' end)
    where id = ${endpointId}`;
  if (disable === null) return;
  await tx`
    update notification_endpoints set status = 'disabled', disabled_reason = ${disable},
      updated_at = now()
    where id = ${endpointId}`;
  await tx`
    update notification_deliveries set state = 'cancelled', claimed_by = null, claimed_until = null
    where endpoint_id = ${endpointId} and state = 'pending'`;
}
