// A life of a few wallets as plain data: small indexes instead of ids, so that it shrinks and prints.

import type { CreditKind } from '../../money-verbs.ts';

export const WALLETS = 3;
export const CALLS = 5;
export const RESERVES = 3;
export const PRICES = 7;
export const POLICIES = 3;

/** Legs of a call: for each, a wallet and a price by index. */
export interface Body {
  readonly legs: readonly { readonly wallet: number; readonly price: number }[];
  readonly policy: number;
  readonly maxDurationMs: number;
  readonly capFloorMs: number;
  readonly hasProvider: boolean;
  readonly unbilled: boolean;
}

export type Action =
  | { readonly verb: 'authorize'; readonly call: number; readonly body: Body }
  | {
      readonly verb: 'reserve';
      readonly hold: number;
      readonly wallets: readonly number[];
      readonly amount: number;
      readonly ttlMs: number;
    }
  | { readonly verb: 'start'; readonly call: number; readonly agoMs: number }
  | {
      readonly verb: 'check';
      readonly call: number;
      readonly elapsedMs: number;
      readonly proof: boolean;
    }
  | {
      readonly verb: 'extend';
      readonly hold: number;
      readonly amount: number;
      readonly key: number;
    }
  | {
      readonly verb: 'capture' | 'settle';
      readonly hold: number;
      readonly durationMs: number;
      readonly amount: number;
      readonly evidence: 0 | 1 | 2 | 3 | 4;
      readonly key: number;
    }
  | { readonly verb: 'void'; readonly hold: number; readonly key: number }
  | { readonly verb: 'expire'; readonly hold: number }
  | {
      readonly verb: 'record';
      readonly call: number;
      readonly body: Body;
      readonly durationMs: number;
    }
  | {
      readonly verb: 'charge';
      readonly wallets: readonly number[];
      readonly amount: number;
      readonly overdraft: boolean;
      readonly unbilled: boolean;
      readonly key: number;
    }
  | {
      readonly verb: 'credit';
      readonly wallet: number;
      readonly kind: CreditKind;
      readonly amount: number;
      readonly key: number;
    }
  | {
      readonly verb: 'refund';
      readonly entry: number;
      readonly amount: number;
      readonly key: number;
    }
  | {
      readonly verb: 'transfer';
      readonly from: number;
      readonly to: number;
      readonly amount: number;
      readonly key: number;
    }
  | {
      readonly verb: 'configure';
      readonly wallet: number;
      readonly changes: {
        readonly creditLimitMicros?: number;
        readonly cutoffThresholdMicros?: number;
        readonly maxLiveCalls?: number;
        readonly frozen?: boolean;
      };
    }
  | { readonly verb: 'due'; readonly limit: number; readonly leaseMs: number }
  | { readonly verb: 'finals'; readonly wallet: number; readonly limit: number }
  /** The n-th last command once more, under the same key. */
  | { readonly verb: 'retry'; readonly back: number };

export type Step =
  /** Issued without awaiting, each by another process. */
  | { readonly step: 'run'; readonly actions: readonly Action[] }
  | { readonly step: 'clock'; readonly byMs: number }
  | { readonly step: 'flush' }
  | { readonly step: 'unload'; readonly wallet: number }
  /** Redis loses what is in the ledger: by age (natural keys, ended holds), or all of it in a rebuild. */
  | { readonly step: 'forget'; readonly rebuilt: boolean };

/** A life: the wallets' first money, then what happens to them. */
export interface Life {
  readonly money: readonly number[];
  readonly steps: readonly Step[];
}
