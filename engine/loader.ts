// Wallets and holds come from Postgres when Redis does not hold them: single-flight, only if absent.
//
// A load is of one load epoch: the ledger is read after the script that named the epoch, and the load is
// refused under any other. So what an unload or a recovery has made old in between cannot come back.

import { OutageError } from './errors.ts';
import {
  type HoldState,
  packHoldState,
  packWalletState,
  unpackHoldState,
  type WalletState,
} from './generated/layouts.ts';
import type { HoldLegs } from './hold-legs.ts';
import { keys } from './keys.ts';
import type { LedgerSource } from './ledger-source.ts';
import { type AbsentWallets, createLoadScripts } from './load-scripts.ts';
import type { Runner } from './runner.ts';

const STALE_RETRIES = 5;

/** How a load went: an error, if Redis did not take it. One that came too late is none. */
export interface Loaded {
  readonly error?: unknown;
}

export const NOTHING_LOADED: Loaded = {};

export interface Loader {
  /** The wallets as the ledger has them now; ids that do not exist are left out. */
  read(absent: AbsentWallets): Promise<Map<string, WalletState>>;
  /**
   * Brings what `read` answered, if it is still absent and that answer still counts. All of it is sent
   * at once, before this returns: a script that is run next runs after it. Does not throw.
   */
  load(
    partition: number,
    absent: AbsentWallets,
    wallets: ReadonlyMap<string, WalletState>,
  ): Promise<Loaded>;
  /** Wallets in Redis, loaded if need be; ids that do not exist are left out. */
  wallets(partition: number, ids: readonly string[]): Promise<Map<string, WalletState>>;
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
  const { look, put, peek } = createLoadScripts(runner);
  const flights = new Map<string, Promise<unknown>>();

  function once<T>(name: string, work: () => Promise<T>): Promise<T> {
    const flight = flights.get(name) as Promise<T> | undefined;
    if (flight) return flight;
    const started = work().finally(() => flights.delete(name));
    flights.set(name, started);
    return started;
  }

  async function read({ loadEpoch, walletIds }: AbsentWallets): Promise<Map<string, WalletState>> {
    const found = await Promise.all(
      walletIds.map((id) => once(`w ${loadEpoch} ${id}`, () => ledger.wallets([id]))),
    );
    return new Map(found.flatMap((wallets) => [...wallets]));
  }

  async function load(
    partition: number,
    { loadEpoch, nowMs }: AbsentWallets,
    wallets: ReadonlyMap<string, WalletState>,
  ): Promise<Loaded> {
    const sent = [...wallets].map(([id, wallet]) => {
      // A wallet with a past may have keys that Redis no longer knows; a new one cannot.
      const checkLedgerUntilMs = wallet.sequence > 0 ? nowMs + hotRecordsMs : 0;
      const packed = packWalletState({ ...wallet, checkLedgerUntilMs });
      return put(partition, keys.wallet(partition, id), packed, loadEpoch);
    });
    const failed = (await Promise.allSettled(sent)).find(({ status }) => status === 'rejected');
    return failed?.status === 'rejected' ? { error: failed.reason } : {};
  }

  return {
    read,
    load,

    async wallets(partition, ids) {
      let { found, absent } = await peek(partition, ids);
      for (let i = 0; i < STALE_RETRIES && absent.walletIds.length > 0; i++) {
        const wallets = await read(absent);
        if (wallets.size === 0) return found;
        const loading = load(partition, absent, wallets);
        const again = peek(partition, [...found.keys(), ...wallets.keys()]);
        const [{ error }, now] = await Promise.all([loading, again]);
        if (error) throw error;
        ({ found, absent } = now);
      }
      if (absent.walletIds.length > 0) throw new OutageError('recovering');
      return found;
    },

    hold: (partition, holdId) =>
      once(`h ${holdId}`, async () => {
        const packed = await holdValue(partition, holdId);
        if (!packed) return undefined;
        const hold = unpackHoldState(packed);
        legs.set(
          holdId,
          hold.legs.map((leg) => leg.walletId),
        );
        return hold;
      }),

    peek: async (partition, ids) => (await peek(partition, ids)).found,
  };

  /** The packed hold, put there first if it is absent and the ledger has one. */
  async function holdValue(partition: number, holdId: string): Promise<Buffer | undefined> {
    const target = keys.hold(partition, holdId);
    for (let i = 0; i < STALE_RETRIES; i++) {
      const { loadEpoch, values } = await look(partition, [target]);
      if (values[0] && values[0].length > 0) return values[0];
      const hold = await ledger.hold(holdId);
      if (!hold) return undefined;
      const packed = packHoldState(hold);
      const reply = await put(partition, target, packed, loadEpoch);
      if (reply.status === 'loaded') return packed;
    }
    throw new OutageError('recovering');
  }
}
