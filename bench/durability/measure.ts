/** f. What durability costs: each way to write the append-only file, and waiting for the ledger. */
import type { Figure } from '../figures.ts';
import type { Round } from '../measurement.ts';
import { appendOnly } from './append-only.ts';
import { ledgerWaits } from './ledger-waits.ts';

export async function measureDurability(round: Round): Promise<Figure[]> {
  return [...(await appendOnly(round)), ...(await ledgerWaits(round))];
}
