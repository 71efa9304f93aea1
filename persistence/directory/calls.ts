/** Call records: written once per call, found by the caller's id. Lists are in call-list.ts. */
import type { Sql } from '../connect.ts';
import {
  type CallRecord,
  type CallRow,
  type CutoffState,
  callFromRow,
  type NewCallRecord,
} from './call-record.ts';
import { jsonText } from './cells.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { ReadCache } from './read-cache.ts';

/** Organizations that may share a call id before a lookup without organization is ambiguous. */
const SAME_CALL_ID_MAX = 10;

/** Linking is not announced either: other processes show the provider's id this much later. */
const CALL_TTL_MS = 1_000;

export class Calls {
  readonly #sql: Sql;
  readonly #feed: ChangeFeed;
  readonly #cache: ReadCache<CallRecord>;

  constructor(sql: Sql, feed: ChangeFeed) {
    this.#sql = sql;
    this.#feed = feed;
    this.#cache = feed.cache('call', { ttlMs: CALL_TTL_MS, absentTtlMs: 0 });
  }

  /**
   * Writes, in one statement, those records whose call has none yet; a record never changes.
   * Not announced to other processes: a notification per call would queue all commits behind one
   * lock, and nobody remembers that a call is absent.
   */
  async insertMany(records: readonly NewCallRecord[]): Promise<void> {
    const column = <T>(cell: (record: NewCallRecord) => T): T[] => records.map(cell);
    try {
      await this.#sql`
        insert into calls (organization_id, call_id, hold_id, service, provider, provider_call_id,
          destination, metadata, max_duration_seconds)
        select o, c, h, s, p, pc, d, m::jsonb, x from unnest(
          ${column((record) => record.organizationId)}::text[],
          ${column((record) => record.callId)}::text[],
          ${column((record) => record.holdId)}::text[],
          ${column((record) => record.service)}::text[],
          ${column((record) => record.provider ?? null)}::text[],
          ${column((record) => record.providerCallId ?? null)}::text[],
          ${column((record) => record.destination ?? null)}::text[],
          ${column((record) => jsonText(record.metadata ?? {}))}::text[],
          ${column((record) => record.maxDurationSeconds ?? null)}::int[]
        ) as given (o, c, h, s, p, pc, d, m, x)
        on conflict (organization_id, call_id) do nothing`;
    } finally {
      for (const record of records) {
        this.#cache.forget(callKey(record.organizationId, record.callId));
      }
    }
  }

  /** One call; undefined when there is none. Cached. */
  find(organizationId: string, callId: string): Promise<CallRecord | undefined> {
    return this.#cache.read(callKey(organizationId, callId), async () => {
      const [row] = await this.#sql<CallRow[]>`
        select * from calls where organization_id = ${organizationId} and call_id = ${callId}`;
      return row && callFromRow(row);
    });
  }

  /** The calls of this id in whatever organizations, at most ten: a key may mean several. */
  async findByCallId(callId: string): Promise<CallRecord[]> {
    const rows = await this.#sql<CallRow[]>`
      select * from calls where call_id = ${callId} order by organization_id
      limit ${SAME_CALL_ID_MAX}`;
    return rows.map(callFromRow);
  }

  /** Moves the cutoff from one state to another; false when it was not in `from` any more. */
  async moveCutoff(
    call: Pick<CallRecord, 'organizationId' | 'callId'>,
    from: CutoffState,
    to: CutoffState,
  ): Promise<boolean> {
    const rows = await this.#feed.write((tx, changed) => {
      changed('call', callKey(call.organizationId, call.callId));
      return tx`
        update calls set cutoff_state = ${to}
        where organization_id = ${call.organizationId} and call_id = ${call.callId}
          and cutoff_state = ${from}
        returning 1 as moved`;
    });
    return rows.length === 1;
  }
}

/** Names the cached record of one call. */
export function callKey(organizationId: string, callId: string): string {
  return `${organizationId}:${callId}`;
}
