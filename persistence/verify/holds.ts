/**
 * Every hold against the rows that name it: what each leg keeps, and what it took in the end (I2, I4);
 * and its columns, by which it is found, against its packed state, from which it is rebuilt.
 */
import { type HoldState, unpackHoldState } from '../../engine/index.ts';
import type { Transaction } from '../connect.ts';
import { type HoldColumns, holdColumns } from '../flusher/hold-columns.ts';
import { transaction } from '../transaction.ts';
import { collector, type Difference, type Report } from './difference.ts';
import { concerns, ONE_MOMENT, PAGE, type Task } from './input.ts';

interface HoldRow extends Omit<HoldColumns, 'snapshot' | 'updatedAtMs'> {
  snapshot: Buffer;
}

export async function* checkHolds(
  { input, progress }: Task,
  partition: number,
): AsyncGenerator<Difference, void> {
  const since = input.since?.toISOString() ?? null;
  const only = input.walletIds === undefined ? null : [...input.walletIds];
  let after = '';
  for (;;) {
    const { found, report } = collector();
    const rows = await transaction(
      input.sql,
      async (tx) => {
        const rows = await tx<HoldRow[]>`
        SELECT id, organization_id AS "organizationId", partition, kind,
               coalesce(call_id, '') AS "callId", state, revision, snapshot,
               array_to_string(wallet_ids, ',') AS "walletIds", used_ms AS "usedMs",
               captured_micros AS captured, coalesce(outcome, '') AS outcome,
               round(extract(epoch FROM created_at) * 1000)::bigint AS "createdAtMs",
               round(extract(epoch FROM closed_at) * 1000)::bigint AS "closedAtMs"
        FROM holds
        WHERE partition = ${partition} AND id > ${after}
          AND (${since}::timestamptz IS NULL OR updated_at >= ${since}::timestamptz)
          AND (${only}::text[] IS NULL OR wallet_ids && ${only}::text[])
        ORDER BY id LIMIT ${PAGE}`;
        const moved = await movedBy(
          tx,
          rows.map(({ id }) => id),
        );
        for (const row of rows) {
          const hold = unpackHoldState(row.snapshot);
          const about: Report = (walletId, ...rest) => {
            if (concerns(input, walletId)) report(walletId, ...rest);
          };
          compare(row.id, hold, moved, about);
          compareColumns(row, hold, about);
        }
        return rows;
      },
      ONE_MOMENT,
    );
    yield* found;
    progress.witnesses += rows.length;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}

interface Moved {
  heldMicros: number;
  takenMicros: number;
}

/** What the ledger's rows say, by hold and wallet. */
async function movedBy(tx: Transaction, holdIds: string[]): Promise<Map<string, Moved>> {
  const rows = await tx<(Moved & { holdId: string; walletId: string })[]>`
    SELECT hold_id AS "holdId", wallet_id AS "walletId", sum(held_delta_micros)::bigint AS "heldMicros",
           -sum(amount_micros)::bigint AS "takenMicros"
    FROM ledger_entries WHERE hold_id = ANY(${holdIds}::text[]) GROUP BY hold_id, wallet_id`;
  return new Map(rows.map(({ holdId, walletId, ...moved }) => [`${holdId} ${walletId}`, moved]));
}

function compareColumns(row: HoldRow, hold: HoldState, report: Report): void {
  const { id: holdId, partition } = row;
  const {
    snapshot: _,
    updatedAtMs: __,
    ...columns
  } = holdColumns({
    holdId,
    partition,
    hold,
    updatedAtMs: 0,
  });
  const walletId = hold.legs[0]?.walletId ?? '';
  for (const name of Object.keys(columns) as (keyof typeof columns)[]) {
    report(walletId, `hold column ${name}`, columns[name], row[name], { detail: holdId });
  }
}

function compare(
  holdId: string,
  { legs, closedAtMs }: HoldState,
  moved: ReadonlyMap<string, Moved>,
  report: Report,
): void {
  for (const { walletId, heldMicros, capturedMicros, refundedMicros } of legs) {
    const rows = moved.get(`${holdId} ${walletId}`) ?? { heldMicros: 0, takenMicros: 0 };
    const detail = holdId;
    report(walletId, 'held by a hold', closedAtMs > 0 ? 0 : heldMicros, rows.heldMicros, {
      detail,
    });
    // A refund of what it took names the hold as well.
    const takenMicros = Math.max(0, capturedMicros - refundedMicros);
    report(walletId, 'taken by a hold', takenMicros, rows.takenMicros, { detail });
  }
}
