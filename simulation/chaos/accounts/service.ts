/** When the wallets of a master were served, as their clients saw it. */
import { waitUntil } from '../../../scripts/processes.mjs';
import type { Tenant } from '../load/errands.ts';
import type { Acknowledged, LoadFigures } from './acknowledged.ts';

const SERVED_MS_MAX = 120_000;

/**
 * What Redis acknowledged for wallets of these tenants, and for no others. An answer that waited for the
 * ledger may come when the master that gave it is dead.
 */
function ofTenants({ acknowledged }: LoadFigures, tenants: readonly Tenant[]): Acknowledged[] {
  const wallets = new Set(tenants.flatMap((one) => [one.walletId, one.agencyWalletId]));
  return acknowledged.filter(
    ({ moves, waited }) =>
      !waited && moves.length > 0 && moves.every(({ walletId }) => wallets.has(walletId)),
  );
}

/**
 * Waits for the first acknowledgement by a new master.
 * @param promotedAtMs when the old one was certainly none any more; its answers may still be on their way
 * @returns when it came, epoch ms
 * @throws Error when none comes in two minutes
 */
export async function servedAt(
  figures: LoadFigures,
  tenants: readonly Tenant[],
  promotedAtMs: number,
): Promise<number> {
  const first = () => ofTenants(figures, tenants).find(({ sentAtMs }) => sentAtMs > promotedAtMs);
  await waitUntil(() => first() !== undefined, SERVED_MS_MAX);
  const found = first();
  if (found === undefined) throw new Error(`no service within ${SERVED_MS_MAX} ms`);
  return found.atMs;
}

/** The longest time between two acknowledgements for these tenants, in ms. */
export function silenceMs(
  figures: LoadFigures,
  tenants: readonly Tenant[],
  fromMs: number,
  toMs: number,
): number {
  const inside = ofTenants(figures, tenants)
    .map(({ atMs }) => atMs)
    .filter((atMs) => atMs > fromMs && atMs < toMs);
  const moments = [fromMs, ...inside, toMs];
  return Math.max(...moments.slice(1).map((atMs, n) => atMs - (moments[n] ?? atMs)));
}
