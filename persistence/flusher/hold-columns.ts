/** A hold's state in the columns that lists and reports use. */
import { type HoldState, packHoldState } from '../../engine/index.ts';
import { storable } from '../storable.ts';
import type { HoldMove } from './batch.ts';

export interface HoldColumns {
  id: string;
  organizationId: string;
  partition: number;
  kind: string;
  callId: string;
  state: string;
  revision: number;
  /** The packed hold. */
  snapshot: Buffer;
  /** Comma-separated: unnest() cannot take an array of arrays. */
  walletIds: string;
  usedMs: number;
  /** What the first leg (the caller's own wallet) paid. */
  captured: number;
  outcome: string;
  createdAtMs: number;
  updatedAtMs: number;
  closedAtMs: number | null;
}

export function holdColumns({ holdId, partition, hold, updatedAtMs }: HoldMove): HoldColumns {
  return {
    id: holdId,
    organizationId: hold.organizationId,
    partition,
    kind: hold.kind,
    callId: storable(hold.callId),
    state: shownState(hold),
    revision: hold.revision,
    snapshot: packHoldState(hold),
    walletIds: walletIdsOf(hold),
    usedMs: hold.usedMs,
    captured: hold.legs[0]?.capturedMicros ?? 0,
    outcome: storable(hold.outcome),
    createdAtMs: hold.createdAtMs,
    updatedAtMs,
    closedAtMs: hold.closedAtMs === 0 ? null : hold.closedAtMs,
  };
}

function walletIdsOf({ legs }: HoldState): string {
  const [first] = legs;
  if (first !== undefined && legs.length === 1) return first.walletId;
  return [...new Set(legs.map((leg) => leg.walletId))].join(',');
}

/** A live call whose money ran short is shown as final. */
export function shownState(hold: HoldState): string {
  return hold.state === 'live' && hold.finalReason !== '' ? 'final' : hold.state;
}
