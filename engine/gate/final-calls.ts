// How many final calls each wallet has, counted from the open holds. A call becomes final without a row
// of its wallet (a start, a check that finds no money), so the wallet's snapshot may have an old count;
// with it money that comes would not wake the calls that ran short.

import type { Redis } from 'ioredis';
import { type HoldState, unpackWalletState, type WalletState } from '../generated/layouts.ts';
import { keys } from '../keys.ts';
import { finalAtMs } from './schedule.ts';

export interface FinalCalls {
  /** What Redis has for a wallet, or was given. */
  wallet(walletId: string, state: WalletState): void;
  /** Of this wallet nothing is to be said. */
  leave(walletId: string): void;
  /** Each open hold once. */
  hold(hold: HoldState): void;
  /** Wallets that say otherwise than their open holds, and the right number. */
  wrong(): [walletId: string, finalCalls: number][];
}

export function createFinalCalls(): FinalCalls {
  const said = new Map<string, number>();
  const counted = new Map<string, number>();
  const left = new Set<string>();
  return {
    wallet(walletId, { finalCalls }) {
      if (finalCalls === 0) said.delete(walletId);
      else said.set(walletId, finalCalls);
    },
    leave(walletId) {
      left.add(walletId);
    },
    hold(hold) {
      if (finalAtMs(hold) < 0) return;
      for (const { walletId } of hold.legs) {
        counted.set(walletId, (counted.get(walletId) ?? 0) + 1);
      }
    },
    wrong() {
      const ids = new Set([...said.keys(), ...counted.keys()]);
      return [...ids]
        .filter((id) => !left.has(id))
        .map((id): [string, number] => [id, counted.get(id) ?? 0])
        .filter(([id, count]) => count !== (said.get(id) ?? 0));
    },
  };
}

const PAGE = 500;

/** The wallets as Redis has them, with the right numbers. */
export async function recount(
  redis: Redis,
  partition: number,
  wrong: readonly [walletId: string, finalCalls: number][],
): Promise<[walletId: string, state: WalletState][]> {
  const counted: [string, WalletState][] = [];
  for (let i = 0; i < wrong.length; i += PAGE) {
    const page = wrong.slice(i, i + PAGE);
    const values = await redis.mgetBuffer(page.map(([id]) => keys.wallet(partition, id)));
    for (const [n, [id, finalCalls]] of page.entries()) {
      const packed = values[n];
      if (packed) counted.push([id, { ...unpackWalletState(packed), finalCalls }]);
    }
  }
  return counted;
}
