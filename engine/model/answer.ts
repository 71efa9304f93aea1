// What a script can answer, as its header lists it. The model may say nothing else.

import type {
  AuthorizeReply,
  CaptureReply,
  ChargeReply,
  CheckReply,
  ConfigureReply,
  CreditReply,
  ExpireReply,
  ExtendReply,
  LoadReply,
  RecordReply,
  SettleReply,
  StartReply,
  TransferReply,
  UnloadReply,
  VoidReply,
} from '../generated/index.ts';
import type { JournalEntry } from '../generated/layouts.ts';
import type { Draft, ModelState } from './state.ts';

/** Members of a set, as due and finals answer them. */
export type MembersReply =
  | { readonly status: 'recovering' }
  | {
      readonly status: 'members';
      readonly nowMs?: number;
      readonly nextMs?: number;
      readonly members: readonly string[];
    };

export type Answer =
  | AuthorizeReply
  | CaptureReply
  | ChargeReply
  | CheckReply
  | ConfigureReply
  | CreditReply
  | ExpireReply
  | ExtendReply
  | LoadReply
  | MembersReply
  | RecordReply
  | SettleReply
  | StartReply
  | TransferReply
  | UnloadReply
  | VoidReply;

/** What one script did: its answer, and the entry it wrote, if it wrote one. */
export interface Applied {
  readonly state: ModelState;
  readonly answer: Answer;
  readonly entry?: JournalEntry;
}

/** One verb of the model: decides on the draft, changes it, and answers. */
export type Rule<C> = (draft: Draft, command: C, checked: boolean) => Answer;
