/** What dialling needs to remember beyond the life of a process. Persistence has what fills it. */

export type DialState = 'dialing' | 'created' | 'refused' | 'unknown';

/** A call, by its key. */
export interface DialKey {
  readonly organizationId: string;
  readonly callId: string;
}

export interface NewDial extends DialKey {
  readonly provider: string;
  /** Whose account at the provider; empty for the platform's own. */
  readonly account: string;
  /** Of the request: another order for the same call is a conflict. */
  readonly fingerprint: string;
  readonly from: string;
  readonly to: string;
}

export interface Dial extends NewDial {
  readonly state: DialState;
  readonly providerCallId: string | null;
  readonly providerStatus: number | null;
  /** The call was linked, or its hold released: nothing is left to do. */
  readonly done: boolean;
  /** How often somebody came back to finish it. */
  readonly looks: number;
}

export type DialDecision =
  | { readonly state: 'created'; readonly providerCallId: string }
  | { readonly state: 'refused'; readonly providerStatus: number | undefined }
  /** It may exist at the provider. */
  | { readonly state: 'unknown' };

export interface Dials {
  find(key: DialKey): Promise<Dial | undefined>;
  /** Who finds `begun` true, and nobody else, may ask the provider for the call. */
  begin(dial: NewDial, lookAfterMs: number): Promise<{ begun: boolean; dial: Dial }>;
  /** The first decision stands and is answered; an `unknown` dial is decided once more. */
  decide(key: DialKey, decision: DialDecision, lookAfterMs: number): Promise<Dial>;
  finish(key: DialKey): Promise<void>;
  /** Hands out unfinished dials that are due; each to one process until its lease is over. */
  claim(limit: number, leaseMs: number): Promise<readonly Dial[]>;
  postpone(key: DialKey, afterMs: number): Promise<void>;
}
