// The first steps of every verb on an existing hold, the same for all of them.

import type { HoldState, WalletState } from '../generated/layouts.ts';
import type { RequestKey } from '../request-key.ts';
import type { Answer } from './answer.ts';
import { isOpen } from './clock.ts';
import { earlier, refuse, unsure } from './requests.ts';
import type { Draft } from './state.ts';
import { walletsOf } from './wallets.ts';

export interface OpenHold {
  readonly hold: HoldState;
  readonly wallets: readonly WalletState[];
}

/** The open hold with its wallets, or the answer that says why there is none. */
export function openHold(
  draft: Draft,
  { holdId, request }: { readonly holdId: string; readonly request?: RequestKey | undefined },
  checked: boolean,
): OpenHold | Answer {
  const known = earlier(draft, request);
  if (known) return known;
  const hold = draft.holds.get(holdId);
  if (!hold) return { status: 'hold_not_found', replayed: false };
  if (!isOpen(hold)) {
    const answer: Answer = { status: 'hold_closed', replayed: false, hold };
    return unsure(draft, request, [], checked) ?? refuse(draft, request, answer);
  }
  const ids = hold.legs.map((leg) => leg.walletId);
  const wallets = walletsOf(draft, ids);
  if ('status' in wallets) return wallets;
  return unsure(draft, request, ids, checked) ?? { hold, wallets };
}
