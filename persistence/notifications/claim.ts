/** Whose turn it is: of what is due, what may be sent now. */
import type { Sql } from '../connect.ts';
import type { NotificationChannel } from '../schema/notifications.ts';

/** A delivery in somebody's hands. */
export interface ClaimedDelivery {
  id: string;
  endpointId: string;
  channel: NotificationChannel;
  target: string;
  sealed: Buffer | null;
  eventId: string;
  /** The event's place in the outbox. */
  position: number;
  type: string;
  organizationId: string | null;
  occurredAt: Date;
  data: Record<string, unknown>;
  /** When it was to be tried first. */
  startedAt: Date;
}

export interface ClaimOptions {
  /** Name of the process, unique among all. */
  owner: string;
  now: Date;
  leaseMs: number;
  /** Deliveries to take, at most. */
  limit: number;
  /** Of these, left to endpoints of which nothing is in hand. */
  reserved: number;
  /** In hand of one endpoint, at most. */
  perEndpoint: number;
  /** Failures for which a delivery holds back the later ones of its subject. */
  heldBack: number;
  /** How many deliveries of which endpoints the process has in hand. */
  inHand: ReadonlyMap<string, number>;
}

/** From so many failures in a row on an endpoint counts as down; its next success is news. */
export const DOWN_AFTER_FAILURES = 5;
/** For so long an endpoint may be down without its order being lost. */
const ORDERED_MS = 6 * 3_600_000;
/** Due deliveries of one endpoint that a claim looks at, the oldest of those that may have their turn. */
const LOOKED_AT = 1_000;

/**
 * Takes deliveries that are due.
 *
 * Events of one subject go to an endpoint one after the other: while an earlier one is on its way or
 * due, or has failed fewer than `heldBack` times, later ones wait. So they do while the endpoint is
 * down, which is found out by the oldest of them whenever the quiet time is over.
 *
 *   endpoints with something pending -> oldest due, without subjects that wait for an event of theirs
 *     -> those with nothing earlier -> the endpoints by turns, who has nothing in hand first
 *
 * Subjects that wait are left out before the oldest are looked at, or one with thousands of events
 * would hide all the others of its endpoint behind them.
 */
export async function claimDeliveries(sql: Sql, options: ClaimOptions): Promise<ClaimedDelivery[]> {
  const { owner, now, leaseMs, limit, reserved, perEndpoint, heldBack, inHand } = options;
  if (limit <= 0) return [];
  const until = new Date(now.getTime() + leaseMs);
  const orderedSince = new Date(now.getTime() - ORDERED_MS);
  return await sql<ClaimedDelivery[]>`
    with recursive waiting (endpoint_id) as (
      (select endpoint_id from notification_deliveries where state = 'pending'
        order by endpoint_id limit 1)
      union all
      select (select next.endpoint_id from notification_deliveries as next
        where next.state = 'pending' and next.endpoint_id > waiting.endpoint_id
        order by next.endpoint_id limit 1)
      from waiting where waiting.endpoint_id is not null
    ), hand (endpoint_id, tries) as (
      select * from unnest(${[...inHand.keys()]}::text[], ${[...inHand.values()]}::int[])
    ), due as (
      select first.id, first.position, first.turn from waiting
      join notification_endpoints as endpoint on endpoint.id = waiting.endpoint_id
      left join hand on hand.endpoint_id = endpoint.id
      cross join lateral (
        select candidate.id, candidate.position,
          coalesce(hand.tries, 0) + row_number() over (order by candidate.position) as turn
        from (
          select * from notification_deliveries as any_due
          where endpoint_id = endpoint.id and state = 'pending'
            and (next_attempt_at <= ${now} or endpoint.unreachable >= ${DOWN_AFTER_FAILURES})
            and not exists (
              select 1 from notification_deliveries as tried
              where tried.endpoint_id = endpoint.id and tried.state = 'pending'
                and (tried.strikes > 0 or tried.claimed_until is not null)
                and tried.subject = any_due.subject and tried.position <= any_due.position
                and (tried.claimed_until > ${now}
                  or (tried.strikes between 1 and ${heldBack - 1} and tried.next_attempt_at > ${now}
                    and endpoint.unreachable < ${DOWN_AFTER_FAILURES})))
          order by position limit ${LOOKED_AT}
        ) as candidate
        where not exists (
          select 1 from notification_deliveries as earlier
          where earlier.endpoint_id = endpoint.id and earlier.subject = candidate.subject
            and earlier.state = 'pending' and earlier.position < candidate.position
            and (earlier.strikes < ${heldBack} or earlier.next_attempt_at <= ${now}
              or earlier.claimed_until > ${now}
              or (endpoint.unreachable >= ${DOWN_AFTER_FAILURES}
                and earlier.started_at > ${orderedSince})))
        order by candidate.position limit greatest(${perEndpoint} - coalesce(hand.tries, 0), 0)
      ) as first
      where endpoint.status = 'enabled'
        and (endpoint.quiet_until is null or endpoint.quiet_until <= ${now})
        and (endpoint.asked_until is null or endpoint.asked_until <= ${now})
    ), placed as (
      select id, turn, row_number() over (order by turn, position) as place from due
    ), free as (
      select id from notification_deliveries
      where id in (select id from placed
          where place <= ${limit} and (turn = 1 or place <= ${limit - reserved}))
        and state = 'pending' and (claimed_until is null or claimed_until <= ${now})
      for update skip locked
    ), claimed as (
      update notification_deliveries as delivery
      set claimed_by = ${owner}, claimed_until = ${until}
      from free where delivery.id = free.id
      returning delivery.*
    )
    select claimed.id, claimed.endpoint_id as "endpointId", endpoint.channel, endpoint.target,
           endpoint.sealed, claimed.event_id as "eventId", claimed.position, claimed.type,
           event.organization_id as "organizationId", event.occurred_at as "occurredAt",
           event.data, claimed.started_at as "startedAt"
    from claimed
    join notification_endpoints as endpoint on endpoint.id = claimed.endpoint_id
    join outbox as event on event.id = claimed.event_id
    order by claimed.position`;
}
