// Puts the ledger's wallets and holds over what Redis has, where Redis is behind, overruled, otherwise than
// the ledger at the same sequence, or empty. Where Redis is ahead it keeps what it has (ahead.ts).

import { OutageError } from '../errors.ts';
import { restoreScript } from '../generated/index.ts';
import { unpackHoldState, unpackWalletState, type WalletState } from '../generated/layouts.ts';
import { keys } from '../keys.ts';
import type { LedgerHold, LedgerWallet, WalletAt } from '../recovery-source.ts';
import { createAhead } from './ahead.ts';
import { createFinalCalls, type FinalCalls, recount } from './final-calls.ts';
import { walletsToCompare } from './held-wallets.ts';
import { standOf } from './in-step.ts';
import { createItems, type Item } from './items.ts';
import { type RecoveryParts, refuseStale } from './parts.ts';

const PAGE = 2_000;
const ITEMS_PER_SCRIPT = 200;

export interface Restorer {
  /**
   * Restores every wallet that is behind the ledger or differs from it, and those that the ledger
   * overrules wherever they are; freezes those ahead. Absent ones load on demand.
   */
  wallets(overruled: ReadonlySet<string>): Promise<void>;
  /** Wallets that had the ledger's sequence and something else than the ledger, so far. */
  differing(): readonly string[];
  /**
   * Restores open holds that are absent or behind, with their wallets and their moments, and counts
   * each wallet's final calls anew. After `wallets`.
   */
  openHolds(): Promise<void>;
  count(): number;
  /** Wallets ahead that were not in quarantine before. */
  ahead(): readonly string[];
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
  const ahead = createAhead(recovery, partition, epoch, items, finals);
  const differing: string[] = [];

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

  async function comparePage(page: readonly LedgerWallet[], overruled: ReadonlySet<string>) {
    const values = await redis.mgetBuffer(page.map((w) => keys.wallet(partition, w.walletId)));
    const found = standsOf(page, values, overruled, finals);
    differing.push(...found.differing);
    const { apart } = found;
    // A wallet comes after its holds: a recovery that ends in between finds it behind again.
    for (let i = 0; i < apart.length; i += ITEMS_PER_SCRIPT) {
      const some = apart.slice(i, i + ITEMS_PER_SCRIPT);
      const touched = await recovery.holdsTouchedAfter(some.map(({ since }) => since));
      await write(touched.flatMap((hold) => items.hold(hold, true)));
      // A wallet in quarantine takes no new holds until an operator has decided.
      await write(some.map(({ wallet }) => walletItem(wallet.walletId, wallet.state)));
    }
    await write(await ahead.keep(found.further));
  }

  async function compareHolds(holds: readonly LedgerHold[]): Promise<void> {
    const values = await redis.mgetBuffer(holds.map((h) => keys.hold(partition, h.holdId)));
    const list: Item[] = [];
    for (const [i, hold] of holds.entries()) {
      const packed = values[i];
      const current = packed && unpackHoldState(packed);
      const behind = !current || current.revision < hold.hold.revision;
      // Of one that Redis has further, closed perhaps, the ledger does not know when it is due.
      const held = behind ? hold.hold : current;
      list.push(...items.hold({ ...hold, hold: held }, behind));
      finals.hold(held);
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
    async wallets(overruled) {
      for await (const page of walletsToCompare(recovery, partition, parts.held, PAGE)) {
        await comparePage(page, overruled);
      }
    },
    differing: () => differing,
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
    ahead: ahead.found,
  };
}

interface Stands {
  /** Wallets to be put back, each with what its holds were touched after. */
  readonly apart: readonly { readonly wallet: LedgerWallet; readonly since: WalletAt }[];
  readonly further: readonly (readonly [LedgerWallet, WalletState])[];
  readonly differing: readonly string[];
}

/** How the wallets of a page that Redis holds stand to the ledger. */
function standsOf(
  page: readonly LedgerWallet[],
  values: readonly (Buffer | null)[],
  overruled: ReadonlySet<string>,
  finals: FinalCalls,
): Stands {
  const apart: { wallet: LedgerWallet; since: WalletAt }[] = [];
  const further: [LedgerWallet, WalletState][] = [];
  const differing: string[] = [];
  for (const [i, wallet] of page.entries()) {
    const packed = values[i];
    if (!packed) continue;
    const { walletId } = wallet;
    const current = unpackWalletState(packed);
    finals.wallet(walletId, current);
    const free = !overruled.has(walletId);
    if (free && current.sequence > wallet.sequence) {
      further.push([wallet, current]);
      continue;
    }
    const stand = standOf(wallet, packed, current);
    if (stand === 'in step' && free) continue;
    if (stand === 'differs') differing.push(walletId);
    apart.push({ wallet, since: { walletId, sequence: free ? current.sequence : 0 } });
  }
  return { apart, further, differing };
}
