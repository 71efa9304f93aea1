/** What clients were told has happened: the ledger must agree. */

export interface Acknowledged {
  readonly verb: 'credit' | 'charge' | 'transfer' | 'authorize' | 'start' | 'end';
  readonly walletId: string;
  /** Of credits and charges; '' for others. */
  readonly entryId: string;
  /** Of transfers: their id, and where the money went. */
  readonly transferId: string;
  readonly toWalletId: string;
  /** Of calls; '' for others. */
  readonly holdId: string;
  /** Signed effect on posted; 0 for authorize and start. */
  readonly amountMicros: number;
  /** Answered only when it was in the ledger. */
  readonly waited: boolean;
  /** When the answer came, epoch ms. */
  readonly atMs: number;
}

export interface LoadFigures {
  readonly acknowledged: Acknowledged[];
  /** Answers that left the outcome open or asked for patience, by what they were. */
  readonly unanswered: Record<string, number>;
  /** Calls that were acknowledged and then unknown: their hold id and when that was seen. */
  readonly vanished: { holdId: string; atMs: number }[];
  /** Answers that should not come under this load, for the report. */
  readonly unexpected: string[];
}

export function emptyFigures(): LoadFigures {
  return { acknowledged: [], unanswered: {}, vanished: [], unexpected: [] };
}
