// What the loader says to Redis: what is there, and bring this if it is not.

import { loadScript, readScript } from './generated/index.ts';
import { unpackWalletState, type WalletState } from './generated/layouts.ts';
import { keys } from './keys.ts';
import type { Runner } from './runner.ts';

/** Wallets that a script did not find, and what it said of the moment. */
export interface AbsentWallets {
  readonly loadEpoch: number;
  /** The partition's time, epoch ms. */
  readonly nowMs: number;
  readonly walletIds: readonly string[];
}

export function createLoadScripts(runner: Runner) {
  function look(partition: number, targets: readonly string[]) {
    const names = {
      partition: keys.partition(partition),
      targets: targets.map((target) => ({ target })),
    };
    return runner.run(partition, readScript, names, {});
  }

  return {
    /** The packed values; empty for what Redis does not hold. */
    look,
    put(partition: number, target: string, packed: Buffer, loadEpoch: number) {
      const names = { partition: keys.partition(partition), target };
      return runner.run(partition, loadScript, names, { packed, loadEpoch });
    },
    async peek(partition: number, ids: readonly string[]) {
      const targets = ids.map((id) => keys.wallet(partition, id));
      const { loadEpoch, nowMs, values } = await look(partition, targets);
      const found = new Map<string, WalletState>();
      ids.forEach((id, i) => {
        const packed = values[i];
        if (packed && packed.length > 0) found.set(id, unpackWalletState(packed));
      });
      const walletIds = ids.filter((id) => !found.has(id));
      const absent: AbsentWallets = { loadEpoch, nowMs, walletIds };
      return { found, absent };
    },
  };
}
