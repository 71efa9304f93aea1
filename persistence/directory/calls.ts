/** Call records: written once per call, found by the caller's id. Lists are in call-list.ts. */
import type { Sql } from '../connect.ts';
import {
  type CallRecord,
  type CallRow,
  type CutoffMove,
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
  readonly #cache: ReadCache<CallRecord>;

  constructor(sql: Sql, feed: ChangeFeed) {
    this.#sql = sql;
    this.#cache = feed.cache('call', { ttlMs: CALL_TTL_MS, absentTtlMs: 0 });
  }

  /**
   * Writes, in one statement, those records whose call has none yet; a record never changes, but for the
   * provider's id, which may have been linked before the record could be written.
   * Not announced to other processes: a notification per call would queue all commits behind one
   * lock, and nobody remembers that a call is absent.
   */
  async insertMany(records: readonly NewCallRecord[]): Promise<void> {
    const column = <T>(cell: (record: NewCallRecord) => T): T[] => records.map(cell);
    try {
      await this.#sql`
        insert into calls (organization_id, call_id, hold_id, service, provider, provider_call_id,
          destination, metadata, max_duration_seconds)
        select o, c, h, s, coalesce(link.provider, p), coalesce(link.provider_call_id, pc), d, m::jsonb, x
        from unnest(
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
        left join lateral (
          select provider, provider_call_id from call_links
          where organization_id = o and call_id = c order by claimed, created_at desc limit 1
        ) as link on true
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

  /**
   * Writes how far the cutoffs of some calls have come, in one statement; of one call the last word
   * counts. Once confirmed, a cutoff stays so. Not announced, like everything that comes per call.
   */
  async moveCutoffs(moves: readonly CutoffMove[]): Promise<void> {
    const last = new Map(moves.map((move) => [callKey(move.organizationId, move.callId), move]));
    const given = [...last.values()];
    try {
      await this.#sql`
        update calls set cutoff_state = given.state
        from unnest(
          ${given.map((move) => move.organizationId)}::text[],
          ${given.map((move) => move.callId)}::text[],
          ${given.map((move) => move.state)}::text[]
        ) as given (organization_id, call_id, state)
        where calls.organization_id = given.organization_id and calls.call_id = given.call_id
          and calls.cutoff_state not in ('confirmed', given.state)`;
    } finally {
      for (const key of last.keys()) this.#cache.forget(key);
    }
  }
}

/** Names the cached record of one call. */
export function callKey(organizationId: string, callId: string): string {
  return `${organizationId}:${callId}`;
}
