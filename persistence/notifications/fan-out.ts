/** From events to deliveries: one for each endpoint that wants an event. */
import { newId } from '../../engine/index.ts';
import type { Transaction } from '../connect.ts';

/** Any constant will do, as long as nothing else in the database locks on it. */
const FAN_OUT_LOCK = 7_246_004;

/** Makes the deliveries of up to `limit` events. @returns how many events; 0 while another is at it */
export async function fanOutEvents(tx: Transaction, limit: number, now: Date): Promise<number> {
  const [lock] = await tx<{ mine: boolean }[]>`
    select pg_try_advisory_xact_lock(${FAN_OUT_LOCK}) as mine`;
  if (lock?.mine !== true) return 0;
  const rows = await tx<{ position: number }[]>`
    select position from outbox where dispatched_at is null order by position limit ${limit}`;
  const positions = rows.map(({ position }) => position);
  if (positions.length === 0) return 0;
  await insertDeliveries(tx, await wantedDeliveries(tx, positions), now);
  await tx`
    update outbox set dispatched_at = ${now} where position = any(${positions}::bigint[])`;
  return positions.length;
}

export interface WantedDelivery {
  endpoint: string;
  event: string;
}

/**
 * Endpoints are found by whose they are: the organization of an event, those above it, and the platform.
 * All endpoints held against all events would be as many comparisons as there are customers.
 */
async function wantedDeliveries(
  tx: Transaction,
  positions: readonly number[],
): Promise<WantedDelivery[]> {
  return tx<WantedDelivery[]>`
    with recursive waiting as materialized (
      select position, id, type, organization_id from outbox
      where position = any(${[...positions]}::bigint[])
    ), hearing (subject_id, organization_id) as (
      select distinct organization_id, organization_id from waiting where organization_id is not null
      union all
      select hearing.subject_id, organizations.parent_id from hearing
      join organizations on organizations.id = hearing.organization_id
      where organizations.parent_id is not null
    ), wanted as (
      select endpoint.id as endpoint, waiting.id as event, waiting.position from waiting
      join hearing on hearing.subject_id = waiting.organization_id
      join notification_endpoints as endpoint
        on endpoint.organization_id = hearing.organization_id
        and (endpoint.include_descendants or hearing.organization_id = hearing.subject_id)
      where endpoint.status = 'enabled'
        and endpoint.events && array['*', split_part(waiting.type, '.', 1) || '.*', waiting.type]
      union all
      select endpoint.id, waiting.id, waiting.position from waiting
      join notification_endpoints as endpoint on endpoint.organization_id is null
      where endpoint.status = 'enabled'
        and endpoint.events && array['*', split_part(waiting.type, '.', 1) || '.*', waiting.type]
    )
    select endpoint, event from wanted order by position`;
}

/** Those that are there already stay. @returns the ids of new ones */
export async function insertDeliveries(
  tx: Transaction,
  wanted: readonly WantedDelivery[],
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
