// Wallets and holds come from Postgres when Redis does not hold them: single-flight, only if absent.

import { OutageError } from './errors.ts';
import { loadScript, readScript } from './generated/index.ts';
import {
  type HoldState,
  packHoldState,
  packWalletState,
  unpackHoldState,
  unpackWalletState,
  type WalletState,
} from './generated/layouts.ts';
import type { HoldLegs } from './hold-legs.ts';
import { keys } from './keys.ts';
import type { LedgerSource } from './ledger-source.ts';
import type { Runner } from './runner.ts';

const STALE_RETRIES = 5;

export interface Loader {
  /** Loads the wallets that are absent. Answers ids that do not exist in the ledger either. */
  loadWallets(partition: number, ids: readonly string[]): Promise<string[]>;
  /** The hold in Redis, else from the ledger (loaded on the way). */
  hold(partition: number, holdId: string): Promise<HoldState | undefined>;
  /** Wallets as they are in Redis now, without loading. */
  peek(partition: number, ids: readonly string[]): Promise<Map<string, WalletState>>;
}

export function createLoader(
  runner: Runner,
  ledger: LedgerSource,
  legs: HoldLegs,
  hotRecordsMs: number,
): Loader {
  const flights = new Map<string, Promise<unknown>>();

  async function read(partition: number, targets: readonly string[]) {
    const reply = await runner.run(
      partition,
      readScript,
      { partition: keys.partition(partition), targets: targets.map((target) => ({ target })) },
      {},
    );
    return reply;
  }

  /** The packed value at `target`, put there first if it is absent and the ledger has one. */
  async function fetch(
    partition: number,
    target: string,
    pack: (nowMs: number) => Promise<Buffer | undefined>,
  ): Promise<Buffer | undefined> {
    for (let i = 0; i < STALE_RETRIES; i++) {
      const { loadEpoch, nowMs, values } = await read(partition, [target]);
      if (values[0] && values[0].length > 0) return values[0];
      const packed = await pack(nowMs);
      if (!packed) return undefined;
      const key = { partition: keys.partition(partition), target };
      const reply = await runner.run(partition, loadScript, key, { packed, loadEpoch });
      if (reply.status === 'loaded') return packed;
    }
    throw new OutageError('recovering');
  }

  function once<T>(name: string, work: () => Promise<T>): Promise<T> {
    const flight = flights.get(name) as Promise<T> | undefined;
    if (flight) return flight;
    const started = work().finally(() => flights.delete(name));
    flights.set(name, started);
    return started;
  }

  function loadWallet(partition: number, id: string): Promise<Buffer | undefined> {
    return fetch(partition, keys.wallet(partition, id), async (nowMs) => {
      const wallet = (await ledger.wallets([id])).get(id);
      if (!wallet) return undefined;
      // A wallet with a past may have keys that Redis no longer knows; a new one cannot.
      const checkLedgerUntilMs = wallet.sequence > 0 ? nowMs + hotRecordsMs : 0;
      return packWalletState({ ...wallet, checkLedgerUntilMs });
    });
  }

  return {
    async loadWallets(partition, ids) {
      const found = await Promise.all(
        ids.map((id) => once(`w ${id}`, () => loadWallet(partition, id))),
      );
      return ids.filter((_, i) => !found[i]);
    },

    hold: (partition, holdId) =>
      once(`h ${holdId}`, async () => {
        const packed = await fetch(partition, keys.hold(partition, holdId), async () => {
          const hold = await ledger.hold(holdId);
          return hold && packHoldState(hold);
        });
        if (!packed) return undefined;
        const hold = unpackHoldState(packed);
        legs.set(
          holdId,
          hold.legs.map((leg) => leg.walletId),
        );
        return hold;
      }),

    async peek(partition, ids) {
      const found = new Map<string, WalletState>();
      const { values } = await read(
        partition,
        ids.map((id) => keys.wallet(partition, id)),
      );
      ids.forEach((id, i) => {
        const packed = values[i];
        if (packed && packed.length > 0) found.set(id, unpackWalletState(packed));
      });
      return found;
    },
  };
}
