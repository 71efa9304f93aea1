/** Replays the ledger rows of one wallet: sequence, arithmetic and hash chain (I1, I5). Pure. */
import type { KeyObject } from 'node:crypto';
import { CHAIN_START, chainHash } from '../hash-chain.ts';
import type { LedgerRow } from '../ledger-row.ts';
import type { Report } from './difference.ts';

export interface ChainedRow extends LedgerRow {
  hash: Buffer;
}

/** A wallet after its last replayed row. */
export interface Replayed {
  sequence: number;
  postedMicros: number;
  heldMicros: number;
  hash: Buffer;
}

export const NOTHING_YET: Replayed = {
  sequence: 0,
  postedMicros: 0,
  heldMicros: 0,
  hash: CHAIN_START,
};

/** Checks one row against the one before; goes on from what the row says, to find each fault once. */
export function replayRow(
  before: Replayed,
  row: ChainedRow,
  chainKey: KeyObject,
  report: Report,
): Replayed {
  const at = `at sequence ${row.sequence}`;
  report(row.walletId, 'sequence', before.sequence + 1, row.sequence);
  if (row.sequence === before.sequence + 1) {
    const posted = before.postedMicros + row.amountMicros;
    const held = before.heldMicros + row.heldDeltaMicros;
    report(row.walletId, `posted ${at}`, posted, row.postedAfterMicros);
    report(row.walletId, `held ${at}`, held, row.heldAfterMicros);
  }
  const hash = chainHash(chainKey, before.hash, row).toString('hex');
  report(row.walletId, `hash ${at}`, hash, row.hash.toString('hex'));
  return startingAt(row);
}

/** The state a row leaves behind, taken on trust: where a replay of recent rows begins. */
export function startingAt(row: ChainedRow): Replayed {
  return {
    sequence: row.sequence,
    postedMicros: row.postedAfterMicros,
    heldMicros: row.heldAfterMicros,
    hash: row.hash,
  };
}
