import { isFrozen, spendableOf, type WalletState } from '../../engine/index.ts';
import type { Services } from '../services.ts';

/** Wallets looked at for one that can pay. */
const WALLETS_MAX = 100;

interface Candidate {
  id: string;
  state: WalletState;
}

/** The oldest wallet in the currency that can pay; whoever asks may name it. */
export async function payerOf(
  services: Services,
  organizationId: string,
  currency: string,
  totalMicros: number,
): Promise<string | undefined> {
  const candidates = await candidatesOf(services, organizationId, currency);
  return candidates.find((candidate) => canPay(candidate, totalMicros))?.id;
}

/**
 * Whether an agency's leg could be paid now. Nobody chooses its wallet: it is the oldest one that is
 * not frozen, as for a call or a charge.
 */
export async function agencyCanPay(
  services: Services,
  agencyId: string,
  currency: string,
  totalMicros: number,
): Promise<boolean> {
  if (totalMicros === 0) return true;
  const candidates = await candidatesOf(services, agencyId, currency);
  const payer = candidates.find(({ state }) => !isFrozen(state));
  return payer !== undefined && canPay(payer, totalMicros);
}

function canPay({ state }: Candidate, micros: number): boolean {
  return !isFrozen(state) && spendableOf(state) >= micros;
}

/** Wallets in a currency, oldest first, as they are now; a quote makes none. */
async function candidatesOf(
  { directory, engine }: Services,
  organizationId: string,
  currency: string,
): Promise<Candidate[]> {
  const page = await directory.wallets.list({ organizationId, limit: WALLETS_MAX });
  const wallets = page.data.filter((wallet) => wallet.currency === currency).reverse();
  const [first] = wallets;
  if (first === undefined) return [];
  const ids = wallets.map((wallet) => wallet.id);
  const states = await engine.wallets(first.partition, ids);
  return ids.flatMap((id) => {
    const state = states.get(id);
    return state === undefined ? [] : [{ id, state }];
  });
}
