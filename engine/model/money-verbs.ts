// The model of charge, credit, transfer and configure: money without a hold.

import { availableOf, floorOf, isFrozen, spendableOf } from '../amounts.ts';
import type { HoldState } from '../generated/layouts.ts';
import type { ChargeInput, ConfigureInput, CreditInput, TransferInput } from '../money-verbs.ts';
import type { Answer, Rule } from './answer.ts';
import { enter, move } from './journal.ts';
import { assetMoney, fits } from './money.ts';
import { earlier, refuse, remember, unsure } from './requests.ts';
import type { Draft, RefundCount } from './state.ts';
import { notLoaded, walletsOf } from './wallets.ts';

export const charge: Rule<ChargeInput> = (draft, input, checked) => {
  const ids = input.legs.map((leg) => leg.walletId);
  const wallets = ready(draft, input.request, ids, checked);
  if ('status' in wallets) return wallets;
  const refused = (answer: Answer) => refuse(draft, input.request, answer);
  const frozen = input.legs.find((_, i) => {
    const wallet = wallets[i];
    return wallet && isFrozen(wallet);
  });
  if (frozen && !input.unbilled) {
    return refused({ status: 'wallet_frozen', replayed: false, walletId: frozen.walletId });
  }
  for (const [i, { walletId, role, amountMicros }] of input.legs.entries()) {
    const wallet = wallets[i];
    if (!wallet) continue;
    const spendableMicros = input.overdraft ? spendableOf(wallet) : assetMoney(wallet);
    if (amountMicros <= 0 || amountMicros <= spendableMicros) continue;
    const { heldMicros } = wallet;
    const figures = { requiredMicros: amountMicros, spendableMicros, heldMicros };
    return refused({ status: 'insufficient_funds', replayed: false, walletId, role, ...figures });
  }
  const bad = input.legs.find((leg, i) => {
    const wallet = wallets[i];
    return wallet && !fits(wallet, 0 - leg.amountMicros, 0);
  });
  if (bad) {
    return refused({ status: 'balance_out_of_range', replayed: false, walletId: bad.walletId });
  }
  const rows = wallets.map((wallet, i) =>
    move(draft, wallet, {
      walletId: input.legs[i]?.walletId ?? '',
      kind: input.kind ?? 'charge',
      amountMicros: 0 - (input.legs[i]?.amountMicros ?? 0),
      heldDeltaMicros: 0,
    }),
  );
  const entry = enter(draft, { ...input, operation: 'charge', rows });
  return remember(draft, input.request, { status: 'done', replayed: false, entry });
};

type Refunding = CreditInput & {
  readonly refundable?: (RefundCount & { readonly holdId: string }) | undefined;
};

/** @param input with what the ledger says of the entry it refunds, if it refunds one. */
export const credit: Rule<Refunding> = (draft, input, checked) => {
  const { walletId, amountMicros, kind, refunds } = input;
  const wallets = ready(draft, input.request, [walletId], checked);
  if ('status' in wallets) return wallets;
  const [wallet] = wallets;
  if (!wallet) throw new Error('a credit without a wallet');
  const refused = (answer: Answer) => refuse(draft, input.request, answer);
  const hold = draft.holds.get(input.refundable?.holdId ?? '');
  const count = hold ? countOf(hold, walletId) : recordOf(draft, input);
  const leftMicros = count
    ? Math.max(0, count.refundableMicros - count.refundedMicros)
    : amountMicros;
  if (amountMicros > leftMicros) {
    const answer = { status: 'refund_exceeds_charge', refundableMicros: leftMicros } as const;
    return refused({ ...answer, replayed: false });
  }
  if (!fits(wallet, amountMicros, 0)) {
    return refused({ status: 'balance_out_of_range', replayed: false, walletId });
  }
  const holdId = hold && input.refundable ? input.refundable.holdId : '';
  const after = hold && refundedHold(hold, walletId, amountMicros);
  if (after) {
    draft.holds.set(holdId, after);
  } else if (refunds && count) {
    const refundedMicros = count.refundedMicros + amountMicros;
    draft.refunds.set(refunds, { ...count, refundedMicros });
  }
  const rows = [move(draft, wallet, { walletId, kind, amountMicros, heldDeltaMicros: 0 })];
  const of = after ? { holdId, hold: after } : {};
  const entry = enter(draft, { ...input, operation: 'credit', rows, ...of });
  return remember(draft, input.request, { status: 'done', replayed: false, entry });
};

function recordOf(draft: Draft, { refunds, refundable }: Refunding): RefundCount | undefined {
  return refunds ? (draft.refunds.get(refunds) ?? refundable) : undefined;
}

function countOf(hold: HoldState, walletId: string): RefundCount | undefined {
  const leg = hold.legs.find((one) => one.walletId === walletId);
  return leg && { refundableMicros: leg.capturedMicros, refundedMicros: leg.refundedMicros };
}

function refundedHold(hold: HoldState, walletId: string, amountMicros: number): HoldState {
  const legs = hold.legs.map((leg) =>
    leg.walletId === walletId ? { ...leg, refundedMicros: leg.refundedMicros + amountMicros } : leg,
  );
  return { ...hold, legs, revision: hold.revision + 1 };
}

export const transfer: Rule<TransferInput> = (draft, input, checked) => {
  const { fromWalletId, toWalletId, amountMicros } = input;
  const wallets = ready(draft, input.request, [fromWalletId, toWalletId], checked);
  if ('status' in wallets) return wallets;
  const [from, to] = wallets;
  if (!from || !to) throw new Error('a transfer without two wallets');
  const refused = (answer: Answer) => refuse(draft, input.request, answer);
  if (isFrozen(from)) {
    return refused({ status: 'wallet_frozen', replayed: false, walletId: fromWalletId });
  }
  if (amountMicros > spendableOf(from)) {
    return refused({
      status: 'insufficient_funds',
      replayed: false,
      walletId: fromWalletId,
      role: 'from',
      requiredMicros: amountMicros,
      spendableMicros: spendableOf(from),
      heldMicros: from.heldMicros,
    });
  }
  const ends = [
    { wallet: from, walletId: fromWalletId, amountMicros: 0 - amountMicros },
    { wallet: to, walletId: toWalletId, amountMicros },
  ];
  const bad = ends.find((end) => !fits(end.wallet, end.amountMicros, 0));
  if (bad) {
    return refused({ status: 'balance_out_of_range', replayed: false, walletId: bad.walletId });
  }
  const rows = ends.map(({ wallet, ...end }) =>
    move(draft, wallet, { ...end, kind: 'transfer', heldDeltaMicros: 0 }),
  );
  const entry = enter(draft, { ...input, operation: 'transfer', rows });
  return remember(draft, input.request, { status: 'done', replayed: false, entry });
};

export const configure: Rule<ConfigureInput> = (draft, input) => {
  const { walletId, changes } = input;
  const wallet = draft.wallets.get(walletId);
  if (!wallet) return notLoaded(draft, [walletId]);
  const changed = { ...wallet, ...changes };
  const figures = [floorOf(changed), availableOf(changed)];
  if (!figures.every(Number.isSafeInteger) || !fits(changed, 0, 0)) {
    return { status: 'balance_out_of_range', walletId };
  }
  const still = { walletId, kind: 'configure', amountMicros: 0, heldDeltaMicros: 0 };
  const rows = [move(draft, wallet, { ...still, changes })];
  return { status: 'done', entry: enter(draft, { ...input, operation: 'configure', rows }) };
};

/** The wallets of a keyed command, or the answer that comes before it decides anything. */
function ready(draft: Draft, request: ChargeInput['request'], ids: string[], checked: boolean) {
  const known = earlier(draft, request);
  if (known) return known;
  const wallets = walletsOf(draft, ids);
  if ('status' in wallets) return wallets;
  return unsure(draft, request, ids, checked) ?? wallets;
}
