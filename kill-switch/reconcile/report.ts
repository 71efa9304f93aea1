/** What a pass over a provider's list of calls did. */

export interface ReconcileCounts {
  /** Calls in the list. */
  listed: number;
  /** Ends that had not reached us. */
  captured: number;
  /** Calls that had ended with other figures, estimates among them. */
  settled: number;
  /** Live calls without a hold, which have one now. */
  adopted: number;
  /** Calls that had ended without a hold, charged from the record. */
  charged: number;
  unchanged: number;
  /** Calls of nobody we know. */
  foreign: number;
  /** Live calls that nobody pays for, or can pay for, any more; they were asked to end. */
  refused: number;
  /** Calls without a hold that ring yet; the next pass comes soon for them. */
  waiting: number;
  /** Calls that could not be charged or adopted; the next passes try again. */
  failed: number;
}

export interface ReconcileReport extends ReconcileCounts {
  readonly provider: string;
  /** Whose account; empty for the platform's own. */
  readonly organizationId: string;
  readonly since: Date;
  readonly until: Date;
  /** False when the list was not whole or could not be applied; `why` says what was in the way. */
  complete: boolean;
  why: string | undefined;
}

export function emptyCounts(): ReconcileCounts {
  return {
    listed: 0,
    captured: 0,
    settled: 0,
    adopted: 0,
    charged: 0,
    unchanged: 0,
    foreign: 0,
    refused: 0,
    waiting: 0,
    failed: 0,
  };
}
