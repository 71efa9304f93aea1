/** The delivery log of an endpoint, and sending again what it shows. */
import { newId } from '../../engine/index.ts';
import type { Sql } from '../connect.ts';
import { type Page, type PageRequest, rowsToAsk, toPage } from '../directory/page.ts';
import type { DeliveryState } from '../schema/notifications.ts';
import { transaction } from '../transaction.ts';

export interface Delivery {
  id: string;
  endpointId: string;
  eventId: string;
  type: string;
  state: DeliveryState;
  attempts: number;
  nextAttemptAt: Date;
  lastStatus: number | null;
  lastError: string | null;
  deliveredAt: Date | null;
  createdAt: Date;
}

export interface DeliveryAttempt {
  attempt: number;
  at: Date;
  durationMs: number;
  status: number | null;
  error: string | null;
  answer: string;
}

export interface ReplayRange {
  from: Date;
  to: Date;
  /** Types of events, `noun.*` or `*`; all that the endpoint's filter lets through when absent. */
  patterns?: readonly string[] | undefined;
  /** Also what was delivered; otherwise what failed, was cancelled, or was never sent. */
  delivered: boolean;
}

/** Tries that are shown. */
const ATTEMPTS_MAX = 100;
/** Events of one replay of a range. */
export const REPLAY_MAX = 10_000;

export class DeliveryList {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async get(id: string): Promise<Delivery | undefined> {
    const [row] = await this.#sql<Delivery[]>`${this.#select()} where id = ${id}`;
    return row;
  }

  /** Oldest first. */
  attempts(id: string): Promise<DeliveryAttempt[]> {
    return this.#sql<DeliveryAttempt[]>`
      select attempt, at, duration_ms as "durationMs", status, error, answer
      from notification_attempts where delivery_id = ${id} order by id limit ${ATTEMPTS_MAX}`;
  }

  /** Newest first. */
  async list(
    endpointId: string,
    request: PageRequest & { state?: DeliveryState | undefined },
  ): Promise<Page<Delivery>> {
    const sql = this.#sql;
    const { state, startingAfter } = request;
    const rows = await sql<Delivery[]>`
      ${this.#select()}
      where endpoint_id = ${endpointId}
        and ${state === undefined ? sql`true` : sql`state = ${state}`}
        and ${startingAfter === undefined ? sql`true` : sql`id < ${startingAfter}`}
      order by id desc limit ${rowsToAsk(request.limit)}`;
    return toPage([...rows], request.limit);
  }

  /** Sends one again, from the start of its schedule; one that is on its way stays as it is. */
  async replay(id: string, now: Date): Promise<Delivery | undefined> {
    await this.#sql`
      update notification_deliveries
      set state = 'pending', attempts = 0, strikes = 0, started_at = ${now}, next_attempt_at = ${now},
        delivered_at = null
      where id = ${id} and (claimed_until is null or claimed_until <= ${now})`;
    return this.get(id);
  }

  /**
   * Sends the events of a span again, and those that were never sent, for instance because the endpoint
   * was disabled then. Never of an organization that it does not hear of.
   * @returns how many; at most REPLAY_MAX, the oldest
   */
  async replayRange(endpointId: string, range: ReplayRange, now: Date): Promise<number> {
    const patterns = [...(range.patterns ?? ['*'])];
    return transaction(this.#sql, async (tx) => {
      // As whoever records a try: of two that change many deliveries of an endpoint one waits.
      await tx`select 1 from notification_endpoints where id = ${endpointId} for no key update`;
      const wanted = await tx<{ id: string }[]>`
        with recursive endpoint as (
          select * from notification_endpoints where id = ${endpointId}
        ), below (id) as (
          select organization_id from endpoint where organization_id is not null
          union all
          select child.id from organizations child join below on child.parent_id = below.id
          where (select include_descendants from endpoint)
        )
        select event.id from outbox event, endpoint
        where event.created_at >= ${range.from} and event.created_at < ${range.to}
          and event.dispatched_at is not null
          and (event.type <> 'webhook.test' or event.subject = endpoint.id)
          and ${patterns}::text[]
            && array['*', split_part(event.type, '.', 1) || '.*', event.type]
          and endpoint.events
            && array['*', split_part(event.type, '.', 1) || '.*', event.type]
          and (endpoint.organization_id is null or event.organization_id in (select id from below))
          and not exists (
            select 1 from notification_deliveries known
            where known.endpoint_id = endpoint.id and known.event_id = event.id
              and (known.state = 'pending' or known.state = 'delivered' and ${!range.delivered}))
        order by event.position limit ${REPLAY_MAX}`;
      const ids = wanted.map(({ id }) => id);
      if (ids.length === 0) return 0;
      const rows = await tx`
        insert into notification_deliveries
          (id, endpoint_id, event_id, position, type, subject, started_at, next_attempt_at)
        select wanted.id, ${endpointId}, event.id, event.position, event.type, event.subject,
          ${now}, ${now}
        from unnest(${ids.map(() => newId('dlv'))}::text[], ${ids}::text[]) as wanted (id, event_id)
        join outbox event on event.id = wanted.event_id
        on conflict (endpoint_id, event_id) do update
          set state = 'pending', attempts = 0, strikes = 0, started_at = ${now}, next_attempt_at = ${now},
            delivered_at = null
        returning 1`;
      return rows.length;
    });
  }

  #select() {
    return this.#sql`
      select id, endpoint_id as "endpointId", event_id as "eventId", type, state, attempts,
        next_attempt_at as "nextAttemptAt", last_status as "lastStatus",
        last_error as "lastError", delivered_at as "deliveredAt", created_at as "createdAt"
      from notification_deliveries`;
  }
}
