/**
 * Events for the outside, on their way to whoever wants them. An event is written by the transaction
 * that makes it true, or, where there is none, under an id made from what it tells: the same event twice
 * is one row.
 */
import type { Sql, Transaction } from '../connect.ts';
import { storable, storableJsonText } from '../storable.ts';
import { transaction } from '../transaction.ts';

export interface NewEvent {
  /** `evt_...`, the same for the same event. */
  id: string;
  type: string;
  /** Whom it is about; null: nobody's, for the platform alone. */
  organizationId: string | null;
  /** What it is about: events of one subject are sent in the order in which they were written. */
  subject: string;
  occurredAtMs: number;
  data: Readonly<Record<string, unknown>>;
}

/**
 * Inserts events in their order; those that are there already stay. They go as one text of JSON: as
 * arrays of SQL every quote in every event would be escaped by the process that flushes.
 */
export async function appendEvents(
  tx: Sql | Transaction,
  events: readonly NewEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const given = events.map(({ id, type, organizationId, subject, occurredAtMs, data }) => ({
    id,
    type,
    organization_id: organizationId,
    subject: storable(subject).slice(0, SUBJECT_MAX),
    occurred_at: occurredAtMs,
    data,
  }));
  await tx`
    INSERT INTO outbox (id, type, organization_id, subject, occurred_at, data)
    SELECT id, type, organization_id, subject, to_timestamp(occurred_at / 1000.0), data
    FROM ROWS FROM (jsonb_to_recordset(${storableJsonText(given)}::text::jsonb)
      AS (id text, type text, organization_id text, subject text, occurred_at bigint, data jsonb)
    ) WITH ORDINALITY AS given (id, type, organization_id, subject, occurred_at, data, nth)
    ORDER BY nth
    ON CONFLICT (id) DO NOTHING`;
}

const SUBJECT_MAX = 256;
/** For so long a delivery is tried. */
const DAY_MS = 86_400_000;

/** For events that no transaction of the ledger makes. */
export class Outbox {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Also safe to repeat. */
  append(events: readonly NewEvent[]): Promise<void> {
    return appendEvents(this.#sql, events);
  }

  /**
   * Drops up to `limit` events that were written before `before` and are not on their way any more: a
   * delivery that is still pending a day after its time waits for an endpoint that is disabled, or for a
   * channel that is switched off.
   * @returns how many
   */
  async prune(before: Date, limit: number): Promise<number> {
    const tried = new Date(before.getTime() - DAY_MS);
    return transaction(this.#sql, async (tx) => {
      const rows = await tx<{ id: string }[]>`
        select id from outbox
        where created_at < ${before} and dispatched_at is not null and not exists (
          select 1 from notification_deliveries
          where event_id = outbox.id and state = 'pending' and started_at >= ${tried})
        order by created_at limit ${limit} for update skip locked`;
      const ids = rows.map(({ id }) => id);
      if (ids.length === 0) return 0;
      await tx`delete from notification_deliveries where event_id = any(${ids}::text[])`;
      await tx`delete from outbox where id = any(${ids}::text[])`;
      return ids.length;
    });
  }
}
