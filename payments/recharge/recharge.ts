/**
 * One recharge that is due: the balance of this moment, the attempt under its caps, the charge.
 *
 *   due, by the ledger -> balance in Redis -> attempt (row, caps, one in flight) -> Stripe -> credit
 */
import { isFrozen, spendableOf } from '../../engine/index.ts';
import type {
  AutoRecharge,
  ClaimDecision,
  RechargeUsages,
  Wallet,
} from '../../persistence/index.ts';
import type { RechargeContext } from '../context.ts';
import { minorOf } from '../minor-units.ts';
import { bridged } from './bridge.ts';
import { savedCard } from './card.ts';
import { ASK_LEASE_MS, charge } from './charge.ts';
import { cardGone } from './failure.ts';
import { capSpans, sizeOf } from './size.ts';

/** Redis is ahead of the ledger: what crossed the threshold has gone back, and the ledger will say so. */
const LEDGER_MS = 1_000;
/** A frozen wallet takes no new charges, so it needs no money. */
const FROZEN_MS = 60_000;

/** @throws OutageError, Stripe's errors: it stays due */
export async function recharge(context: RechargeContext, due: AutoRecharge): Promise<void> {
  const { directory, engine } = context;
  const wallet = await directory.wallets.get(due.walletId);
  if (wallet === undefined) throw new Error(`wallet ${due.walletId} does not exist`);
  const seen = due.paymentMethod === null ? await pinned(context, due) : due;
  if (seen === undefined) return;
  const state = (await engine.wallets(wallet.partition, [wallet.id])).get(wallet.id);
  if (state === undefined) throw new Error(`${wallet.id} has no state`);
  const spendable = spendableOf(state);
  if (isFrozen(state)) return putOff(context, seen, FROZEN_MS);
  if (spendable > seen.thresholdMicros) return putOff(context, seen, LEDGER_MS);
  const now = new Date(context.nowMs());
  const attempt = await directory.rechargeAttempts.claim(seen, now, capSpans(now), (usages) =>
    decide(context, { seen, wallet, spendable, usages, now, calls: state.liveCalls }),
  );
  if (attempt === undefined) return;
  context.log.info({ attempt: attempt.id, walletId: wallet.id }, 'an auto-recharge was begun');
  const outcome = await bridged(context, attempt, () => charge(context, attempt));
  const seconds = (Date.now() - (seen.belowSince?.getTime() ?? Date.now())) / 1000;
  context.announce({ type: 'recharge', outcome, seconds });
}

interface Standing {
  readonly seen: AutoRecharge;
  readonly wallet: Wallet;
  readonly spendable: number;
  readonly usages: RechargeUsages;
  readonly now: Date;
  readonly calls: number;
}

function decide(context: RechargeContext, standing: Standing): ClaimDecision {
  const { seen, wallet, spendable, usages, now, calls } = standing;
  const { currency } = wallet;
  const size = sizeOf(seen, spendable, usages, { ...context.bounds, currency }, now);
  if (size.kind === 'capped') {
    const { cap, until } = size;
    const told = { type: 'capped', recharge: seen, cap, until } as const;
    const events = seen.capped === cap ? [] : context.tell.recharge(told);
    return { kind: 'wait', changes: { notBefore: until, capped: cap }, events };
  }
  const chargeMinor = minorOf(size.micros, currency);
  if (chargeMinor === undefined || seen.paymentMethod === null) {
    throw new Error(`an auto-recharge of ${size.micros} cannot be charged`);
  }
  const attempt = {
    title: 'Auto-recharge of prepaid credit',
    chargeMinor,
    chargeCurrency: currency,
    creditMicros: size.micros,
    bridgeMicros: calls > 0 ? Math.min(seen.bridgeMicros, size.micros) : 0,
    paymentMethod: seen.paymentMethod,
    askAt: new Date(now.getTime() + ASK_LEASE_MS),
  };
  return { kind: 'charge', attempt };
}

async function putOff(context: RechargeContext, seen: AutoRecharge, ms: number): Promise<void> {
  const notBefore = new Date(context.nowMs() + ms);
  await context.directory.autoRecharges.change(seen.walletId, ({ notBefore: at }) =>
    at > notBefore ? undefined : { changes: { notBefore }, events: [] },
  );
}

/** With the card that its customer saved last; stopped when there is none. */
async function pinned(
  context: RechargeContext,
  { walletId, organizationId, customerId }: AutoRecharge,
): Promise<AutoRecharge | undefined> {
  const card = await savedCard(context, organizationId);
  if (card === undefined || card.customerId !== customerId) {
    await cardGone(context, { customerId });
    return undefined;
  }
  const { paymentMethod, cardBrand, cardLast4 } = card;
  const changes = { paymentMethod, cardBrand, cardLast4 };
  return context.directory.autoRecharges.change(walletId, () => ({ changes, events: [] }));
}
