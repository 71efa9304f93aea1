/**
 * Wallets that got money while calls of theirs were final: what came in is shared among those calls,
 * smallest covered time first. When a thousand calls of one wallet end together each end gives a
 * little money back and wakes the wallet again, so one pass is under way for a wallet at a time, and
 * a pass that helps nobody is short. Whom it does not get to is extended at its own cutoff all the same.
 */

/** Final calls of a wallet that are asked for at a time; the rest follow while money lasts. */
const FINALS_BATCH = 100;
const ROUNDS_MAX = 100;
/** So many in a row that got nothing: the money is spent, but for calls at very different prices. */
const VAIN_MAX = 20;

export interface Wakes {
  wake(partition: number, walletId: string): Promise<void>;
}

/** What became of one final call: `rescued` is not final any more, `helped` got some time. */
export type Extended = 'rescued' | 'helped' | 'vain';

export function createWakes(
  finals: (partition: number, walletId: string, limit: number) => Promise<readonly string[]>,
  extend: (partition: number, holdId: string) => Promise<Extended>,
): Wakes {
  /** Wallets with a pass under way, and whether they were woken again meanwhile. */
  const passing = new Map<string, boolean>();

  async function pass(partition: number, walletId: string): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const holdIds = await finals(partition, walletId, FINALS_BATCH);
      let rescued = 0;
      let vain = 0;
      for (const holdId of holdIds) {
        const extended = await extend(partition, holdId);
        if (extended === 'rescued') rescued += 1;
        vain = extended === 'vain' ? vain + 1 : 0;
        if (vain >= VAIN_MAX) return;
      }
      if (holdIds.length < FINALS_BATCH || rescued === 0) return;
    }
  }

  return {
    async wake(partition, walletId) {
      if (passing.has(walletId)) {
        passing.set(walletId, true);
        return;
      }
      try {
        do {
          passing.set(walletId, false);
          await pass(partition, walletId);
        } while (passing.get(walletId) === true);
      } finally {
        passing.delete(walletId);
      }
    },
  };
}
