/** What clients were told has happened: the ledger must agree. */

export interface Move {
  readonly walletId: string;
  /** Signed effect on posted; 0 for a hold. */
  readonly amountMicros: number;
}

export interface Acknowledged {
  readonly verb: 'credit' | 'charge' | 'transfer' | 'authorize' | 'start' | 'end';
  /** Of the entry, the transfer or the hold: its rows are found by it. */
  readonly id: string;
  /** All its rows: they are in the ledger together, or not at all. */
  readonly moves: readonly Move[];
  /** Answered only when it was in the ledger. */
  readonly waited: boolean;
  /** When the answer came, epoch ms. */
  readonly atMs: number;
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
  /** Calls that were acknowledged and then unknown: their hold id and when that was seen. */
  readonly vanished: { holdId: string; atMs: number }[];
  /** Answers that should not come under this load, for the report. */
  readonly unexpected: string[];
}

export function emptyFigures(): LoadFigures {
  return { acknowledged: [], unanswered: [], vanished: [], unexpected: [] };
}
