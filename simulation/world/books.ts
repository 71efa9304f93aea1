/** What the ledger says of a world's calls and wallets, read from Postgres. */
import {
  type HoldState,
  spendableOf,
  unpackHoldState,
  unpackWalletState,
} from '../../engine/index.ts';
import { connect, type Sql } from '../../persistence/index.ts';

/** What one wallet paid for one call. */
export interface BookedLeg {
  /** Held when the call was captured. */
  readonly heldMicros: number;
  /** Taken in the end, corrections included. */
  readonly takenMicros: number;
  /** Ledger rows that end the hold: one, or the call was charged twice. */
  readonly ends: number;
}

export interface BookedCall {
  readonly hold: HoldState;
  /** By wallet. */
  readonly legs: ReadonlyMap<string, BookedLeg>;
  /** The cutoffs that were acted on, oldest first. Money that comes in later may move the hold's. */
  readonly pendings: readonly Pending[];
}

/** A cutoff as the enforcer saw it. */
export interface Pending {
  readonly cutoffAtMs: number;
  /** How late it was seen. */
  readonly lateMs: number;
}

export interface Books {
  /** By call id. */
  readonly calls: ReadonlyMap<string, BookedCall>;
  readonly wallets: readonly { readonly walletId: string; readonly spendableMicros: number }[];
  readonly heldMicros: number;
}

export interface BookReader {
  read(): Promise<Books>;
  close(): Promise<void>;
}

interface Row {
  holdId: string;
  walletId: string;
  operation: string;
  rows: number;
  amountMicros: number;
  heldDeltaMicros: number;
}

/** Operations that end a hold, or charge a call that had none. */
const ENDS: ReadonlySet<string> = new Set(['capture', 'expire', 'void', 'record']);
const CLOSE_SECONDS = 5;

export function openBooks(databaseUrl: string): BookReader {
  const sql = connect(databaseUrl, { max: 1, applicationName: 'simulation' });
  return {
    read: () => readBooks(sql),
    close: () => sql.end({ timeout: CLOSE_SECONDS }),
  };
}

async function readBooks(sql: Sql): Promise<Books> {
  const holds = await sql<{ id: string; snapshot: Buffer }[]>`
    SELECT id, snapshot FROM holds WHERE kind = 'call'`;
  const rows = await sql<Row[]>`
    SELECT hold_id AS "holdId", wallet_id AS "walletId", operation, count(*)::int AS rows,
           sum(amount_micros)::bigint AS "amountMicros",
           sum(held_delta_micros)::bigint AS "heldDeltaMicros"
    FROM ledger_entries WHERE hold_id IS NOT NULL GROUP BY hold_id, wallet_id, operation`;
  const wallets = await sql<{ walletId: string; heldMicros: number; state: Buffer }[]>`
    SELECT wallet_id AS "walletId", held_micros AS "heldMicros", state FROM wallet_snapshots`;
  const pendings = await readPendings(sql);
  const legs = legsOf(rows);
  return {
    calls: new Map(
      holds.map(({ id, snapshot }) => {
        const hold = unpackHoldState(snapshot);
        const seen = pendings.get(hold.callId) ?? [];
        return [hold.callId, { hold, legs: legs.get(id) ?? new Map(), pendings: seen }];
      }),
    ),
    wallets: wallets.map(({ walletId, state }) => ({
      walletId,
      spendableMicros: spendableOf(unpackWalletState(state)),
    })),
    heldMicros: wallets.reduce((sum, { heldMicros }) => sum + heldMicros, 0),
  };
}

/** By call id. */
async function readPendings(sql: Sql): Promise<Map<string, Pending[]>> {
  const rows = await sql<{ callId: string; cutoffAt: string; lateMs: number }[]>`
    SELECT call_id AS "callId", details ->> 'cutoff_at' AS "cutoffAt",
           (details ->> 'late_ms')::int AS "lateMs"
    FROM call_events WHERE kind = 'cutoff_pending' ORDER BY id`;
  const pendings = new Map<string, Pending[]>();
  for (const { callId, cutoffAt, lateMs } of rows) {
    const known = pendings.get(callId) ?? [];
    pendings.set(callId, [...known, { cutoffAtMs: Date.parse(cutoffAt), lateMs }]);
  }
  return pendings;
}

function legsOf(rows: readonly Row[]): Map<string, Map<string, BookedLeg>> {
  const holds = new Map<string, Map<string, BookedLeg>>();
  for (const row of rows) {
    const legs = holds.get(row.holdId) ?? new Map<string, BookedLeg>();
    holds.set(row.holdId, legs);
    const leg = legs.get(row.walletId) ?? { heldMicros: 0, takenMicros: 0, ends: 0 };
    const isEnd = ENDS.has(row.operation);
    legs.set(row.walletId, {
      heldMicros: leg.heldMicros + (isEnd ? 0 : row.heldDeltaMicros),
      takenMicros: leg.takenMicros - row.amountMicros,
      ends: leg.ends + (isEnd ? row.rows : 0),
    });
  }
  return holds;
}
