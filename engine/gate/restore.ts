// Puts the ledger's wallets and holds over what Redis has, where Redis is behind, forked or empty.

import { OutageError } from '../errors.ts';
import { restoreScript } from '../generated/index.ts';
import { unpackHoldState, unpackWalletState, type WalletState } from '../generated/layouts.ts';
import { keys } from '../keys.ts';
import type { LedgerHold, LedgerWallet } from '../recovery-source.ts';
import { createFinalCalls, recount } from './final-calls.ts';
import { createItems, type Item } from './items.ts';
import { type RecoveryParts, refuseStale } from './parts.ts';

const PAGE = 2_000;
const ITEMS_PER_SCRIPT = 200;

export interface Restorer {
  /** Restores every wallet that is behind the ledger or forked; absent ones load on demand. */
  wallets(forked: ReadonlySet<string>): Promise<void>;
  /**
   * Restores open holds that are absent or behind, with their wallets and their moments, and counts
   * each wallet's final calls anew. After `wallets`.
   */
  openHolds(): Promise<void>;
  count(): number;
}

export function createRestorer(
  parts: RecoveryParts,
  partition: number,
  epoch: number,
  nowMs: number,
): Restorer {
  const { redis, master, ledger, recovery } = parts;
  const items = createItems(partition, nowMs, nowMs + parts.hotRecordsMs);
  const finals = createFinalCalls();

  function walletItem(walletId: string, state: WalletState): Item {
    finals.wallet(walletId, state);
    return items.wallet(walletId, state);
  }

  async function write(list: readonly Item[]): Promise<void> {
    for (let i = 0; i < list.length; i += ITEMS_PER_SCRIPT) {
      const some = list.slice(i, i + ITEMS_PER_SCRIPT);
      const names = { partition: keys.partition(partition), due: keys.due(partition), items: some };
      refuseStale(await master.evaluate(restoreScript, names, { epoch, items: some }));
    }
  }

  async function comparePage(page: readonly LedgerWallet[], forked: ReadonlySet<string>) {
    const values = await redis.mgetBuffer(page.map((w) => keys.wallet(partition, w.walletId)));
    const list: Item[] = [];
    for (const [i, wallet] of page.entries()) {
      const packed = values[i];
      if (!packed) continue;
      const current = unpackWalletState(packed);
      finals.wallet(wallet.walletId, current);
      const inStep =
        current.sequence === wallet.sequence && current.quarantined === wallet.quarantined;
      if (inStep && !forked.has(wallet.walletId)) continue;
      // A wallet in quarantine takes no new holds until an operator has decided.
      list.push(walletItem(wallet.walletId, { ...wallet.state, quarantined: wallet.quarantined }));
      const after = forked.has(wallet.walletId) ? 0 : current.sequence;
      for (const hold of await recovery.holdsTouchedAfter(wallet.walletId, after)) {
        list.push(...items.hold(hold, true));
      }
    }
    await write(list);
  }

  async function compareHolds(holds: readonly LedgerHold[]): Promise<void> {
    const values = await redis.mgetBuffer(holds.map((h) => keys.hold(partition, h.holdId)));
    const list: Item[] = [];
    for (const [i, hold] of holds.entries()) {
      const packed = values[i];
      const behind = !packed || unpackHoldState(packed).revision < hold.hold.revision;
      list.push(...items.hold(hold, behind));
      finals.hold(hold.hold);
    }
    const ids = [...new Set(holds.flatMap((h) => h.hold.legs.map((leg) => leg.walletId)))];
    const present = await redis.mgetBuffer(ids.map((id) => keys.wallet(partition, id)));
    const absent = ids.filter((_, i) => !present[i]);
    const wallets = absent.length > 0 ? await ledger.wallets(absent) : new Map();
    for (const id of absent) {
      const state = wallets.get(id);
      if (!state) throw new OutageError('recovering');
      list.push(walletItem(id, state));
    }
    await write(list);
  }

  return {
    async wallets(forked) {
      for await (const page of recovery.walletPages(partition, PAGE)) {
        await comparePage(page, forked);
      }
    },
    async openHolds() {
      let page: LedgerHold[] = [];
      for await (const hold of recovery.openHolds(partition)) {
        page.push(hold);
        if (page.length < ITEMS_PER_SCRIPT) continue;
        await compareHolds(page);
        page = [];
      }
      if (page.length > 0) await compareHolds(page);
      const counted = await recount(redis, partition, finals.wrong());
      await write(counted.map(([id, state]) => items.wallet(id, state)));
    },
    count: () => items.count(),
  };
}
