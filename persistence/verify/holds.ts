/** Every hold against the rows that name it: what each leg keeps, and what it took in the end (I2, I4). */
import { type HoldState, unpackHoldState } from '../../engine/index.ts';
import type { Transaction } from '../connect.ts';
import { transaction } from '../transaction.ts';
import { collector, type Difference, type Report } from './difference.ts';
import { concerns, ONE_MOMENT, PAGE, type Task } from './input.ts';

interface HoldRow {
  id: string;
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
        SELECT id, snapshot FROM holds
        WHERE partition = ${partition} AND id > ${after}
          AND (${since}::timestamptz IS NULL OR updated_at >= ${since}::timestamptz)
          AND (${only}::text[] IS NULL OR wallet_ids && ${only}::text[])
        ORDER BY id LIMIT ${PAGE}`;
        const moved = await movedBy(
          tx,
          rows.map(({ id }) => id),
        );
        for (const { id, snapshot } of rows) {
          compare(id, unpackHoldState(snapshot), moved, (walletId, ...rest) => {
            if (concerns(input, walletId)) report(walletId, ...rest);
          });
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
