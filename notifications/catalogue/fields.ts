import { z } from 'zod';

export const micros = z.int().describe("Millionths of one unit of the wallet's currency.");

/** A wallet right after the ledger entry that the event tells of. */
export const walletFields = {
  wallet_id: z.string(),
  organization_id: z.string(),
  currency: z.string(),
  sequence: z
    .int()
    .describe('Of that entry: events of one wallet are ordered by it, whatever came first.'),
  posted_micros: micros,
  held_micros: micros,
  available_micros: micros,
  spendable_micros: micros,
};
