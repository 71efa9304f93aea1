/** The workload's mix, as one call lives it: one script each. */
import type { Operations } from './calls.ts';
import type { BenchWallet } from './wallets.ts';

/** @param name unique on its stage */
export async function life(verbs: Operations, name: string, wallet: BenchWallet): Promise<void> {
  const call = await verbs.authorize(name, wallet);
  await verbs.start(call);
  await verbs.check(call, 30_000);
  await verbs.check(call, 60_000);
  await verbs.capture(call);
  await verbs.charge(`charge-${name}`, wallet);
}
