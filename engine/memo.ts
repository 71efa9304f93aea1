// Labels that travel with a mutation into the ledger; the engine carries them and never reads them.

/** Values are short texts or integers; the flusher turns known names into columns. */
export interface Memo {
  readonly reference?: string;
  readonly description?: string;
  readonly call_id?: string;
  readonly outcome?: string;
  readonly provider?: string;
  readonly provider_call_id?: string;
  readonly provider_cost_micros?: number;
  /** The ledger entry that this one refunds. */
  readonly refunds?: string;
  readonly transfer_id?: string;
  readonly service?: string;
  readonly quantity?: number;
  readonly [label: string]: string | number | boolean | null | undefined;
}

export function memoText(memo: Memo | undefined): string {
  return JSON.stringify(memo ?? {});
}
