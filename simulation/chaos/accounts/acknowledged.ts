/** What clients were told has happened: the ledger must agree. */

export interface Move {
  readonly walletId: string;
  /** Signed effect on posted; 0 for a hold. */
  readonly amountMicros: number;
}

/** The same text for the same moves, in whatever order. */
export function textOfMoves(moves: readonly Move[]): string {
  return moves
    .map(({ walletId, amountMicros }) => `${walletId} ${amountMicros}`)
    .sort()
    .join(', ');
}

/** A call that a client has dealings with, and how it says that it is over. */
export interface ClientCall {
  readonly holdId: string;
  readonly endPath: string;
  /** What it would be charged for: 0 before it was told to be over. */
  readonly seconds: number;
}

export interface Acknowledged {
  readonly verb: 'credit' | 'charge' | 'transfer' | 'authorize' | 'start' | 'end';
  /** Of the entry, the transfer or the hold: its rows are found by it. */
  readonly id: string;
  /** All its rows: they are in the ledger together, or not at all. */
  readonly moves: readonly Move[];
  /** Answered only when it was in the ledger. */
  readonly waited: boolean;
  /** When it was asked for, and when the answer was written down, which may be late: epoch ms. */
  readonly sentAtMs: number;
  readonly atMs: number;
  /** Of one wallet's money: which of its mutations this was. */
  readonly sequence?: number | undefined;
  /** Of an `end`: if that is lost, the call goes on and has to be ended again. */
  readonly call?: ClientCall | undefined;
}

/** An answer that left the outcome open or asked for patience. */
export interface Unanswered {
  readonly verb: string;
  readonly waited: boolean;
  readonly why: string;
  readonly atMs: number;
}

export interface LoadFigures {
  readonly acknowledged: Acknowledged[];
  readonly unanswered: Unanswered[];
  /** Calls that were acknowledged and then unknown, and when that was seen. */
  readonly vanished: { readonly call: ClientCall; readonly atMs: number }[];
  /** Answers that should not come under this load, for the report. */
  readonly unexpected: string[];
}

export function emptyFigures(): LoadFigures {
  return { acknowledged: [], unanswered: [], vanished: [], unexpected: [] };
}
