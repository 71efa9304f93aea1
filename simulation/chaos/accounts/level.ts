/** Waits until the ledger has all that the engine did. */
import { waitUntil } from '../../../scripts/processes.mjs';
import type { Client } from '../../acceptance/client.ts';
import type { Tenant } from '../load/errands.ts';

const PATIENCE_MS = 180_000;

/** @returns how long it took, in ms. @throws Error when a wallet's ledger never gets there. */
export async function levelMs(client: Client, tenants: readonly Tenant[]): Promise<number> {
  const from = performance.now();
  const wallets = tenants.flatMap(({ walletId, agencyWalletId }) => [walletId, agencyWalletId]);
  const isLevel = async (walletId: string) => {
    const { status, body } = await client.get(`/v1/wallets/${walletId}`);
    return status === 200 && body.sequence === body.ledger_sequence;
  };
  const all = async () => (await Promise.all(wallets.map(isLevel))).every((one) => one);
  if (!(await waitUntil(all, PATIENCE_MS))) throw new Error('the ledger does not catch up');
  return Math.round(performance.now() - from);
}
