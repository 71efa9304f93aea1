// Forgetting a cold wallet: only when the ledger knows it whole and nothing is held on it.

import { unloadScript } from './generated/index.ts';
import { keys } from './keys.ts';
import type { Runner } from './runner.ts';

export function unloadWallet(
  runner: Runner,
  partition: number,
  walletId: string,
  ledgerSequence: number,
) {
  return runner.run(
    partition,
    unloadScript,
    { partition: keys.partition(partition), wallet: keys.wallet(partition, walletId) },
    { ledgerSequence },
  );
}
