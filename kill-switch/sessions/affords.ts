/** Could a call start now? Asks what authorize would ask, and holds nothing. */
import { priceOf, spendableOf, type WalletState } from '../../engine/index.ts';
import { termsOf } from './authorize.ts';
import type { SessionContext } from './context.ts';
import type { SessionLeg } from './legs.ts';
import { capFloorMs } from './provider-cap.ts';

export interface AffordsRequest {
  readonly organizationId: string;
  readonly provider: string;
  readonly walletId: string | undefined;
}

export type Affords =
  | { readonly status: 'affordable' }
  /** The word that authorize would refuse with. */
  | { readonly status: 'refused'; readonly code: string };

/** @throws OutageError */
export async function affordsCall(
  context: SessionContext,
  request: AffordsRequest,
): Promise<Affords> {
  const terms = await termsOf(context, request);
  if (terms.status !== 'terms') return { status: 'refused', code: terms.status };
  const { policy, paying } = terms;
  const maxSeconds = policy.max_duration_seconds;
  const floorMs = capFloorMs(request.provider, policy.provider_cap, maxSeconds);
  const leastMs = Math.max(Math.min(policy.minimum_seconds, maxSeconds) * 1000, floorMs);
  const ids = paying.legs.map(({ walletId }) => walletId);
  const wallets = await context.engine.wallets(paying.partition, ids);
  for (const leg of paying.legs) {
    const code = refusalOf(leg, wallets.get(leg.walletId), leastMs, paying.unbilled);
    if (code !== undefined) return { status: 'refused', code };
  }
  return { status: 'affordable' };
}

function refusalOf(
  { price }: SessionLeg,
  wallet: WalletState | undefined,
  leastMs: number,
  unbilled: boolean,
): string | undefined {
  if (wallet === undefined) return 'wallet_not_found';
  if (unbilled) return undefined;
  if (wallet.frozen) return 'wallet_frozen';
  if (wallet.maxLiveCalls > 0 && wallet.liveCalls >= wallet.maxLiveCalls) {
    return 'too_many_live_calls';
  }
  const needed = priceOf(price, leastMs);
  return needed > 0 && spendableOf(wallet) < needed ? 'insufficient_funds' : undefined;
}
