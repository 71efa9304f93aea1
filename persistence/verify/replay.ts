/** Replays the ledger rows of one wallet: sequence, arithmetic and hash chain (I1, I5). Pure. */
import type { KeyObject } from 'node:crypto';
import { CHAIN_START, chainHash } from '../hash-chain.ts';
import type { LedgerRow } from '../ledger-row.ts';
import type { Report } from './difference.ts';
import type { Start } from './starts.ts';

export interface ChainedRow extends LedgerRow {
  hash: Buffer;
  /** As Postgres spells them: the chain has their values only. */
  detailsText: string | null;
  /** The chain has times to the millisecond, and nothing is ever written that is finer. */
  wholeMs: boolean;
}

/** A wallet after its last replayed row. */
export interface Replayed {
  sequence: number;
  postedMicros: number;
  heldMicros: number;
  hash: Buffer;
  /** What the row's content makes of its hash, where that is another: one of the two was altered. */
  computed?: Buffer;
}

export const NOTHING_YET: Replayed = {
  sequence: 0,
  postedMicros: 0,
  heldMicros: 0,
  hash: CHAIN_START,
};

/** A row whose content and hash do not fit, and the hashes that the row before it may have had. */
export interface Altered {
  row: ChainedRow;
  previous: readonly Buffer[];
}

/**
 * Checks one row against the one before; goes on from what the row says, to find each fault once.
 * @param altered told of a row that is not what its hash was made of
 */
export function replayRow(
  before: Replayed,
  row: ChainedRow,
  chainKey: KeyObject,
  report: Report,
  altered: (fault: Altered) => void = () => undefined,
): Replayed {
  const at = `at sequence ${row.sequence}`;
  const entry = { entryId: row.id };
  report(row.walletId, 'sequence', before.sequence + 1, row.sequence, entry);
  if (row.sequence === before.sequence + 1) {
    const posted = before.postedMicros + row.amountMicros;
    const held = before.heldMicros + row.heldDeltaMicros;
    report(row.walletId, `posted ${at}`, posted, row.postedAfterMicros, entry);
    report(row.walletId, `held ${at}`, held, row.heldAfterMicros, entry);
  }
  report(row.walletId, `times in whole milliseconds ${at}`, true, row.wholeMs, entry);
  report(row.walletId, `spelling of details ${at}`, true, isPlain(row.detailsText), entry);
  const previous = before.computed ? [before.hash, before.computed] : [before.hash];
  const hashes = previous.map((hash) => chainHash(chainKey, hash, row));
  if (hashes.some((hash) => hash.equals(row.hash))) return startingAt(row);
  const computed = hashes[0] ?? CHAIN_START;
  report(row.walletId, `hash ${at}`, computed.toString('hex'), row.hash.toString('hex'), entry);
  altered({ row, previous });
  return { ...startingAt(row), computed };
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

/** The trusted row of a wallet: it must be there, and as the digest has it. */
export function replayStart(start: Start, row: ChainedRow, report: Report): Replayed {
  const entry = { entryId: row.id };
  report(row.walletId, 'first sequence', start.sequence, row.sequence, entry);
  if (start.digest !== undefined && row.sequence === start.sequence) {
    const { day, hash } = start.digest;
    const what = `hash in the digest of ${day}`;
    report(row.walletId, what, hash.toString('hex'), row.hash.toString('hex'), entry);
  }
  return startingAt(row);
}

const STRINGS = /"(?:[^"\\]|\\.)*"/g;
const NUMBERS = /-?\d[\d.]*/g;

/** jsonb keeps digits of a number that its value in the chain does not have: 1.0, 9007199254740993. */
function isPlain(detailsText: string | null): boolean {
  const numbers = detailsText?.replace(STRINGS, '').match(NUMBERS) ?? [];
  return numbers.every((text) => {
    const plain = String(Number(text));
    return plain === text || plain.includes('e');
  });
}
