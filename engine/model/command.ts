// A command to the engine as a value: the engine's own inputs, tagged with their verb.

import type { AuthorizeInput } from '../authorize.ts';
import type { CheckInput, RecordInput, StartInput } from '../call-verbs.ts';
import type { WalletState } from '../generated/layouts.ts';
import type { EndInput, ExpireInput, ExtendInput, VoidInput } from '../hold-verbs.ts';
import type { ChargeInput, ConfigureInput, CreditInput, TransferInput } from '../money-verbs.ts';

/** Commands that move money, holds or limits. */
export type Mutation =
  | ({ readonly verb: 'authorize' } & AuthorizeInput)
  | ({ readonly verb: 'start' } & StartInput)
  | ({ readonly verb: 'check' } & CheckInput)
  | ({ readonly verb: 'extend' } & ExtendInput)
  | ({ readonly verb: 'capture' } & EndInput)
  | ({ readonly verb: 'void' } & VoidInput)
  | ({ readonly verb: 'expire' } & ExpireInput)
  | ({ readonly verb: 'settle' } & EndInput)
  | ({ readonly verb: 'record' } & RecordInput)
  | ({ readonly verb: 'charge' } & ChargeInput)
  | ({ readonly verb: 'credit' } & CreditInput)
  | ({ readonly verb: 'transfer' } & TransferInput)
  | ({ readonly verb: 'configure' } & ConfigureInput);

/** Commands that move nothing: the enforcer's questions, and what enters and leaves memory. */
export type Upkeep =
  | {
      readonly verb: 'due';
      readonly partition: number;
      readonly limit: number;
      readonly leaseMs: number;
    }
  | {
      readonly verb: 'finals';
      readonly partition: number;
      readonly walletId: string;
      readonly limit: number;
    }
  | {
      readonly verb: 'load';
      readonly partition: number;
      readonly walletId: string;
      readonly wallet: WalletState;
      readonly loadEpoch: number;
    }
  | {
      readonly verb: 'unload';
      readonly partition: number;
      readonly walletId: string;
      readonly ledgerSequence: number;
    };

export type Command = Mutation | Upkeep;
export type Verb = Command['verb'];
/** The input of one verb. */
export type CommandOf<V extends Verb> = Extract<Command, { readonly verb: V }>;
