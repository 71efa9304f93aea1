/** How many calls go on, and how far ahead of the clock they are paid. For gauges. */
import { unpackHoldState } from '../engine/index.ts';
import type { Sql } from './connect.ts';

/** Calls whose cover is looked at; the numbers of calls are exact. */
const SAMPLE_MAX = 500;

export interface LiveCalls {
  /** Answered and not over, the final ones included. */
  readonly live: number;
  readonly final: number;
  /** Of a sample of those that are not final; 0 when there are none. */
  readonly aheadMinMs: number;
  readonly aheadAverageMs: number;
}

/** As far as the ledger knows, which is some milliseconds behind. @param nowMs epoch ms */
export async function sampleLiveCalls(sql: Sql, nowMs: number): Promise<LiveCalls> {
  const [[counted], sample] = await Promise.all([
    sql<{ live: number; final: number }[]>`
      select count(*)::int as live, (count(*) filter (where state = 'final'))::int as final
      from holds where closed_at is null and kind = 'call' and state in ('live', 'final')`,
    sql<{ snapshot: Uint8Array }[]>`
      select snapshot from holds
      where closed_at is null and kind = 'call' and state = 'live' limit ${SAMPLE_MAX}`,
  ]);
  const ahead = sample.map(({ snapshot }) => {
    const { startedAtMs, coveredMs } = unpackHoldState(snapshot);
    return startedAtMs + coveredMs - nowMs;
  });
  const sumMs = ahead.reduce((sum, ms) => sum + ms, 0);
  return {
    live: counted?.live ?? 0,
    final: counted?.final ?? 0,
    aheadMinMs: ahead.length === 0 ? 0 : Math.min(...ahead),
    aheadAverageMs: ahead.length === 0 ? 0 : sumMs / ahead.length,
  };
}
