/** The timeline of one call: decisions that moved no money, merged with the ledger's rows. */
import type { Sql, Transaction } from '../connect.ts';
import { appendEvents, type NewEvent } from '../notifications/outbox.ts';
import { transaction } from '../transaction.ts';
import { jsonText, objectCell } from './cells.ts';
import type { Entries } from './entries.ts';
import type { LedgerEntry } from './ledger-entry.ts';

export interface CallEvent {
  /** Grows with each event; orders events of one instant. */
  id: number;
  at: Date;
  /** One word for what was decided: `warned`, `cutoff_requested`, `webhook_ignored`... */
  kind: string;
  details: Record<string, unknown>;
}

export interface NewCallEvent {
  organizationId: string;
  callId: string;
  kind: string;
  details?: Record<string, unknown> | undefined;
  /** Default: now. */
  at?: Date | undefined;
}

/** One step of an explanation. */
export type CallStep =
  | { source: 'ledger'; at: Date; entry: LedgerEntry }
  | { source: 'event'; at: Date; event: CallEvent };

interface CallEventRow {
  id: number;
  at: Date;
  kind: string;
  details: unknown;
}

/** Events of one call that are read; a call has tens. */
const EVENTS_PER_CALL_MAX = 5_000;

export class CallEvents {
  readonly #sql: Sql;
  readonly #entries: Entries;

  constructor(sql: Sql, entries: Entries) {
    this.#sql = sql;
    this.#entries = entries;
  }

  /**
   * Writes events of any calls in one statement, keeping their order.
   * @param told what the outside is to be told of them, written with them
   */
  async appendMany(events: readonly NewCallEvent[], told: readonly NewEvent[] = []): Promise<void> {
    if (told.length === 0) return appendCallEvents(this.#sql, events);
    await transaction(this.#sql, async (tx) => {
      await appendCallEvents(tx, events);
      await appendEvents(tx, told);
    });
  }

  /** Oldest first. */
  async list(organizationId: string, callId: string): Promise<CallEvent[]> {
    const rows = await this.#sql<CallEventRow[]>`
      select id, at, kind, details from call_events
      where organization_id = ${organizationId} and call_id = ${callId}
      order by at, id limit ${EVENTS_PER_CALL_MAX}`;
    return rows.map(fromRow);
  }

  /** Everything known about a call in the order of time; at one instant, money comes first. */
  async timeline(call: {
    organizationId: string;
    callId: string;
    holdId: string;
  }): Promise<CallStep[]> {
    const [entries, events] = await Promise.all([
      this.#entries.ofHold(call.holdId),
      this.list(call.organizationId, call.callId),
    ]);
    const steps: CallStep[] = [
      ...entries.map((entry) => ({ source: 'ledger' as const, at: entry.createdAt, entry })),
      ...events.map((event) => ({ source: 'event' as const, at: event.at, event })),
    ];
    return steps.sort((a, b) => a.at.getTime() - b.at.getTime());
  }
}

async function appendCallEvents(
  sql: Sql | Transaction,
  events: readonly NewCallEvent[],
): Promise<void> {
  await sql`
    insert into call_events (organization_id, call_id, kind, details, at)
    select o, c, k, d::jsonb, coalesce(a, now()) from unnest(
      ${events.map((event) => event.organizationId)}::text[],
      ${events.map((event) => event.callId)}::text[],
      ${events.map((event) => event.kind)}::text[],
      ${events.map((event) => jsonText(event.details ?? {}))}::text[],
      ${events.map((event) => event.at?.toISOString() ?? null)}::timestamptz[]
    ) with ordinality as given (o, c, k, d, a, nth)
    order by nth`;
}

function fromRow(row: CallEventRow): CallEvent {
  return {
    id: row.id,
    at: row.at,
    kind: row.kind,
    details: objectCell(row.details),
  };
}
