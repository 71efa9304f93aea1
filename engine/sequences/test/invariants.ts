// The invariants of the design that one partition's journal and state can show.

import { spendableOf } from '../../amounts.ts';
import type { HoldState, JournalEntry, WalletState } from '../../generated/layouts.ts';
import { HOT_RECORDS_MS } from '../../model/state.ts';
import type { Snapshot } from '../../model/test/redis-partition.ts';

const MAY_OVERDRAW = new Set(['capture', 'settle', 'expire', 'record', 'credit', 'configure']);
const ENDS = new Set(['capture', 'void', 'expire', 'record']);

/** One line per violation, each with the number of its invariant. */
export function violations(
  seen: Snapshot,
  first: ReadonlyMap<string, WalletState>,
): readonly string[] {
  return [
    ...[...first].flatMap(([id, wallet]) => walletFaults(seen, id, wallet)),
    ...holdFaults(seen.journal),
    ...entryFaults(seen.journal),
  ];
}

/** I1, I2, I3, I5 of one wallet: its rows in order, and what they add up to. */
function walletFaults(seen: Snapshot, id: string, first: WalletState): string[] {
  const faults: string[] = [];
  let before = first;
  for (const entry of seen.journal) {
    for (const row of entry.rows.filter((item) => item.walletId === id)) {
      const after = row.wallet;
      if (row.sequence !== before.sequence + 1 || after.sequence !== row.sequence) {
        faults.push(`I5 ${id}: ${row.sequence} after ${before.sequence}`);
      }
      if (after.postedMicros !== before.postedMicros + row.amountMicros) {
        faults.push(`I1 ${id}: row ${row.sequence} does not lead to its balance`);
      }
      if (after.heldMicros !== before.heldMicros + row.heldDeltaMicros) {
        faults.push(`I2 ${id}: row ${row.sequence} does not lead to what is held`);
      }
      faults.push(...shortfallFaults(entry, row.shortfallMicros, before, after));
      before = after;
    }
  }
  const now = seen.wallets.get(id);
  if (!now) return faults;
  const legs = [...seen.holds.values()].flatMap((hold) => (isOpen(hold) ? openLegs(hold, id) : []));
  const sum = (list: readonly number[]) => list.reduce((total, n) => total + n, 0);
  if (now.postedMicros !== before.postedMicros) faults.push(`I1 ${id}: moved without a row`);
  if (now.heldMicros !== sum(legs.map((leg) => leg.held))) faults.push(`I2 ${id}: held`);
  if (now.liveCalls !== sum(legs.map((leg) => leg.live))) faults.push(`${id}: live calls`);
  if (now.finalCalls !== sum(legs.map((leg) => leg.final))) faults.push(`${id}: final calls`);
  if (now.finalCalls !== (seen.finals.get(id)?.size ?? 0)) faults.push(`${id}: final holds`);
  return faults;
}

function shortfallFaults(
  entry: JournalEntry,
  shortfallMicros: number,
  before: WalletState,
  after: WalletState,
): string[] {
  const under = (wallet: WalletState) => Math.max(0, -spendableOf(wallet));
  const deeper = Math.max(0, under(after) - under(before));
  if (deeper !== shortfallMicros) {
    return [`I3 ${entry.mutationId}: shortfall ${shortfallMicros}, not ${deeper}`];
  }
  const wrong = deeper > 0 && !MAY_OVERDRAW.has(entry.operation);
  return wrong ? [`I3 ${entry.mutationId}: ${entry.operation} took spendable under zero`] : [];
}

function isOpen(hold: HoldState): boolean {
  return hold.closedAtMs === 0;
}

function openLegs(hold: HoldState, walletId: string) {
  return hold.legs
    .filter((leg) => leg.walletId === walletId)
    .map((leg) => ({
      held: leg.heldMicros,
      live: hold.kind === 'call' ? 1 : 0,
      final: hold.finalReason === '' ? 0 : 1,
    }));
}

/** I4: a hold is ended by one entry; after it come only settlements and refunds. */
function holdFaults(journal: readonly JournalEntry[]): string[] {
  const ended = new Map<string, string>();
  return journal.flatMap(({ holdId, hold, operation, mutationId }) => {
    if (!hold) return [];
    const winner = ended.get(holdId);
    if (winner !== undefined) {
      return operation === 'settle' || operation === 'credit'
        ? []
        : [`I4 ${mutationId}: ${operation} after ${winner}`];
    }
    if (isOpen(hold)) return [];
    ended.set(holdId, operation);
    return ENDS.has(operation) ? [] : [`I4 ${mutationId}: ended by ${operation}`];
  });
}

/**
 * I6, I8, I9: one entry a mutation, one a key (an explicit one may be used again once hot records are
 * gone), each wallet once in it, whole numbers only.
 */
function entryFaults(journal: readonly JournalEntry[]): string[] {
  const mutations = new Set<string>();
  const keys = new Map<string, number>();
  return journal.flatMap((entry) => {
    const faults: string[] = [];
    if (mutations.has(entry.mutationId)) faults.push(`I6 ${entry.mutationId}: twice`);
    mutations.add(entry.mutationId);
    const wallets = entry.rows.map((row) => row.walletId);
    if (new Set(wallets).size !== wallets.length) faults.push(`I6 ${entry.mutationId}: wallets`);
    if (entry.requestKind !== '') {
      const key = `${entry.requestKind} ${entry.requestScope} ${entry.requestKey}`;
      const forgottenAt = (keys.get(key) ?? -HOT_RECORDS_MS) + HOT_RECORDS_MS;
      const forGood = entry.requestKind !== 'request';
      if (keys.has(key) && (forGood || entry.atMs < forgottenAt)) {
        faults.push(`I8 ${entry.mutationId}: ${key} had its effect already`);
      }
      keys.set(key, entry.atMs);
    }
    const figures = entry.rows.flatMap(({ wallet, ...row }) => [
      ...Object.values(row),
      ...Object.values(wallet),
      spendableOf(wallet),
    ]);
    const whole = figures.every(
      (value) => typeof value !== 'number' || Number.isSafeInteger(value),
    );
    if (!whole) faults.push(`I9 ${entry.mutationId}: not a whole number within 2^53-1`);
    return faults;
  });
}
