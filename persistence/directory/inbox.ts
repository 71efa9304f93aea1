/**
 * Verified provider events that could not be applied at once.
 *
 * An event is handed out only when it is the oldest unapplied one of its call, so events of a call
 * are applied in the order they came, and calls do not wait for each other. A claim is a lease: if
 * its process dies, the event is handed out again. Applying an event twice is harmless by design.
 */
import type { Sql } from '../connect.ts';
import { jsonText, objectCell, onlyRow } from './cells.ts';

export interface InboxEvent {
  id: number;
  provider: string;
  /** Events with the same provider and call key are applied in order. */
  callKey: string;
  /** What the adapter kept: ids, times, reasons and costs; never a transcript. */
  event: Record<string, unknown>;
  receivedAt: Date;
  /** How often it was handed out, this time included. */
  attempts: number;
}

export interface NewInboxEvent {
  provider: string;
  callKey: string;
  /** Unique per event of the provider: a repeated delivery is stored once. */
  eventKey: string;
  event: Record<string, unknown>;
}

interface InboxRow {
  id: number;
  provider: string;
  call_key: string;
  event: unknown;
  received_at: Date;
  attempts: number;
}

/** Longest error text that is kept with an event. */
const ERROR_LENGTH_MAX = 500;

export class Inbox {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Stores an event; false when the same event is stored already. */
  async put(event: NewInboxEvent): Promise<boolean> {
    const rows = await this.#sql`
      insert into webhook_inbox (provider, call_key, event_key, event)
      values (${event.provider}, ${event.callKey}, ${event.eventKey},
        ${jsonText(event.event)}::text::jsonb)
      on conflict (provider, event_key) do nothing
      returning 1 as stored`;
    return rows.length === 1;
  }

  /** Hands out the oldest event of each call that nobody holds, oldest first. */
  async claim(owner: string, limit: number, leaseMs: number): Promise<InboxEvent[]> {
    const rows = await this.#sql<InboxRow[]>`
      with heads as (
        select distinct on (provider, call_key) id from webhook_inbox
        where applied_at is null order by provider, call_key, id
      ), free as (
        select id from webhook_inbox
        where id in (select id from heads) and applied_at is null
          and (claimed_until is null or claimed_until <= now())
        order by id limit ${limit} for update skip locked
      )
      update webhook_inbox set claimed_by = ${owner}, attempts = attempts + 1,
        claimed_until = now() + ${leaseMs} * interval '1 millisecond'
      where id in (select id from free)
      returning id, provider, call_key, event, received_at, attempts`;
    return rows.map(fromRow).sort((a, b) => a.id - b.id);
  }

  /** Marks events applied; those that are already stay as they are. */
  async applied(ids: readonly number[]): Promise<void> {
    await this.#sql`
      update webhook_inbox set applied_at = now(), claimed_by = null, claimed_until = null
      where id = any(${[...ids]}::bigint[]) and applied_at is null`;
  }

  /** Gives an event back, to be handed out again after `retryMs`. */
  async failed(id: number, owner: string, error: string, retryMs: number): Promise<void> {
    await this.#sql`
      update webhook_inbox set claimed_by = null, last_error = ${error.slice(0, ERROR_LENGTH_MAX)},
        claimed_until = now() + ${retryMs} * interval '1 millisecond'
      where id = ${id} and claimed_by = ${owner} and applied_at is null`;
  }

  /** How many events wait, and since when. */
  async pending(): Promise<{ count: number; oldestAt: Date | null }> {
    const rows = await this.#sql<{ count: number; oldest: Date | null }[]>`
      select count(*) as count, min(received_at) as oldest from webhook_inbox
      where applied_at is null`;
    const row = onlyRow(rows);
    return { count: row.count, oldestAt: row.oldest };
  }
}

function fromRow(row: InboxRow): InboxEvent {
  return {
    id: row.id,
    provider: row.provider,
    callKey: row.call_key,
    event: objectCell(row.event),
    receivedAt: row.received_at,
    attempts: row.attempts,
  };
}
