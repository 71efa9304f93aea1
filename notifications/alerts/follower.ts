/**
 * Follows the ledger: evaluates each wallet at each of its entries, in ledger order, and writes the
 * events that follow into the outbox, with the entries themselves. What was told last of a wallet is
 * kept in the same transaction, so each crossing is told once.
 */
import type { JournalEntry, JournalRow } from '../../engine/index.ts';
import {
  type AlertBase,
  appendEvents,
  type BatchFollower,
  type FollowedBatch,
  keepAlertStates,
  type NewEvent,
  readAlertBases,
  readOpenCalls,
  readWishes,
  type TakenEntry,
  type Transaction,
  type Wish,
} from '../../persistence/index.ts';
import { type EventType, patternsOf } from '../catalogue.ts';
import { event } from '../event.ts';
import { alertEvents } from './alert-events.ts';
import { burnAfter, burnOf } from './burn.ts';
import { evaluate } from './evaluate.ts';
import { MOVEMENT_PATTERNS, movementEvents } from './movement-events.ts';

export function createLedgerFollower(): BatchFollower {
  return { name: 'notifications', follow };
}

async function follow(tx: Transaction, batch: FollowedBatch): Promise<void> {
  const walletIds = walletIdsOf(batch);
  const [bases, wishes] = await Promise.all([
    readAlertBases(tx, walletIds),
    readWishes(tx, MOVEMENT_PATTERNS, walletIds),
  ]);
  const states = await statesOf(tx, batch, bases);
  const events: NewEvent[] = [];
  const baseOf = (walletId: string) => bases.get(walletId);
  const isWanted = wanted(wishes);
  for (const { entry } of batch.taken) {
    for (const row of entry.rows)
      events.push(...(states.get(row.walletId)?.take(entry, row) ?? []));
    if (wishes.length > 0) events.push(...movementEvents(entry, baseOf, isWanted));
  }
  events.push(...quarantineEvents(batch, bases));
  await keepAlertStates(
    tx,
    [...states.values()].flatMap((state) => state.changed()),
  );
  await appendEvents(tx, events);
}

function walletIdsOf({ taken, quarantine }: FollowedBatch): string[] {
  const moved = taken.flatMap(({ entry }) => entry.rows.map((row) => row.walletId));
  return [...new Set([...moved, ...quarantine.flatMap(({ newlyWaiting }) => newlyWaiting)])];
}

/** One wallet through a batch. */
class Standing {
  readonly #base: AlertBase;
  #raised: ReadonlySet<string> | undefined;
  #burn: number | null;

  constructor(base: AlertBase, burn: number | null) {
    this.#base = base;
    this.#raised = base.raised;
    this.#burn = burn;
  }

  take(entry: JournalEntry, row: JournalRow): NewEvent[] {
    const base = this.#base;
    const { wallet, walletId } = row;
    if (this.#burn !== null) this.#burn = burnAfter(this.#burn, entry, walletId, wallet.liveCalls);
    const burn = this.#burn ?? 0;
    const before = this.#raised;
    const after = evaluate(before, wallet, base.alerts, burn);
    this.#raised = after.raised;
    if (after.changes.length === 0) return [];
    return alertEvents({ entry, row, base, before, after, burnMicrosPerMinute: burn });
  }

  changed() {
    const { walletId, raised: before, burnMicrosPerMinute } = this.#base;
    if (this.#raised === undefined) return [];
    const raised = [...this.#raised];
    const isSame = before?.size === raised.length && raised.every((id) => before.has(id));
    if (isSame && this.#burn === burnMicrosPerMinute) return [];
    return [{ walletId, raised, burnMicrosPerMinute: this.#burn }];
  }
}

async function statesOf(
  tx: Transaction,
  batch: FollowedBatch,
  bases: ReadonlyMap<string, AlertBase>,
): Promise<Map<string, Standing>> {
  const states = new Map<string, Standing>();
  for (const base of bases.values()) {
    states.set(base.walletId, new Standing(base, await burnBefore(tx, batch.taken, base)));
  }
  return states;
}

/**
 * What a wallet's calls cost in a minute before the batch; null when no alert asks. The first time it
 * is what its open calls, which are written already, say after the batch, less what the batch adds.
 */
async function burnBefore(
  tx: Transaction,
  taken: readonly TakenEntry[],
  { walletId, alerts, burnMicrosPerMinute }: AlertBase,
): Promise<number | null> {
  if (!alerts.some(({ kind }) => kind === 'minutes')) return null;
  if (burnMicrosPerMinute !== null) return burnMicrosPerMinute;
  const own = taken.filter(({ entry }) => entry.rows.some((row) => row.walletId === walletId));
  const partition = own[0]?.partition;
  if (partition === undefined) return 0;
  const open = await readOpenCalls(tx, partition, walletId);
  const openedHere = new Set(
    own.filter(({ entry }) => entry.operation === 'authorize').map(({ entry }) => entry.holdId),
  );
  const before = open.filter(({ holdId }) => !openedHere.has(holdId));
  const endedHere = own.flatMap(({ entry }) => {
    const ends = entry.hold !== null && entry.hold.closedAtMs > 0 && entry.operation !== 'settle';
    return ends && !openedHere.has(entry.holdId) ? [entry.hold] : [];
  });
  const holds = [...before.map(({ hold }) => hold), ...endedHere];
  return holds.reduce((sum, hold) => sum + (hold === null ? 0 : burnOf(hold, walletId)), 0);
}

function wanted(wishes: readonly Wish[]) {
  const wishesFor = new Map<EventType, readonly Wish[]>();
  return (type: EventType, { organizationId, rootId }: AlertBase): boolean => {
    let those = wishesFor.get(type);
    if (those === undefined) {
      const patterns = patternsOf(type);
      those = wishes.filter(({ events }) => events.some((pattern) => patterns.includes(pattern)));
      wishesFor.set(type, those);
    }
    return those.some(
      (wish) =>
        wish.organizationId === null ||
        wish.organizationId === organizationId ||
        // Of the same tree: whether it lies below is seen when deliveries are made.
        (wish.includeDescendants && wish.rootId === rootId),
    );
  };
}

function quarantineEvents(
  { quarantine }: FollowedBatch,
  bases: ReadonlyMap<string, AlertBase>,
): NewEvent[] {
  return quarantine.flatMap(({ read, kind, newlyWaiting }) =>
    newlyWaiting.flatMap((walletId) => {
      const base = bases.get(walletId);
      if (base === undefined) return [];
      const { organizationId } = base;
      const told = {
        organizationId,
        subject: walletId,
        occurredAtMs: read.entry?.atMs ?? Date.now(),
        data: { wallet_id: walletId, organization_id: organizationId, reason: kind },
      };
      const from = [walletId, String(read.partition), read.id, read.contentHash.toString('hex')];
      return [event('wallet.quarantined', from, told)];
    }),
  );
}
