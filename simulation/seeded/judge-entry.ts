/** What one journal entry must keep, given all that came before it: I1 to I6, I8, I9 and I10. Pure. */
import {
  type JournalEntry,
  type JournalRow,
  spendableOf,
  type WalletState,
} from '../../engine/index.ts';
import { HOT_RECORDS_MS } from '../../engine/model/index.ts';
import { isOpen, keyName, type Past } from './past.ts';

const MAY_OVERDRAW = new Set(['capture', 'settle', 'expire', 'record', 'credit', 'configure']);
/** What still writes in a hold that has ended: the refund of a capture, and its settlement. */
const CORRECTS = new Set(['settle', 'credit']);
const ENDS = new Set(['capture', 'void', 'expire', 'record']);

/** One line per fault, each begins with its invariant. */
export function entryFaults(past: Past, entry: JournalEntry): string[] {
  return [
    ...entry.rows.flatMap((row) => rowFaults(past, entry, row)),
    ...holdFaults(past, entry),
    ...mutationFaults(past, entry),
    ...tenantFaults(past, entry),
  ];
}

function rowFaults(past: Past, entry: JournalEntry, row: JournalRow): string[] {
  const faults: string[] = [];
  const before = past.wallet(row.walletId);
  const after = row.wallet;
  const where = `${entry.operation} of ${row.walletId}`;
  if (row.sequence !== before.sequence + 1 || after.sequence !== row.sequence) {
    faults.push(`I5 ${where}: sequence ${row.sequence} after ${before.sequence}`);
  }
  if (after.postedMicros !== before.postedMicros + row.amountMicros) {
    faults.push(`I1 ${where}: ${before.postedMicros}${sign(row.amountMicros)} is not posted`);
  }
  if (after.heldMicros !== before.heldMicros + row.heldDeltaMicros || after.heldMicros < 0) {
    faults.push(`I2 ${where}: ${before.heldMicros}${sign(row.heldDeltaMicros)} is not held`);
  }
  faults.push(...shortfallFaults(entry, row, before));
  const { wallet, ...figures } = row;
  const numbers = [...Object.values(figures), ...Object.values(wallet), spendableOf(wallet)];
  if (!numbers.every((value) => typeof value !== 'number' || Number.isSafeInteger(value))) {
    faults.push(`I9 ${where}: not a whole number within 2^53-1`);
  }
  return faults;
}

function sign(micros: number): string {
  return micros < 0 ? `${micros}` : `+${micros}`;
}

/** I3: only what has happened already may take spendable under zero, and says by how much. */
function shortfallFaults(entry: JournalEntry, row: JournalRow, before: WalletState): string[] {
  const under = (wallet: WalletState) => Math.max(0, -spendableOf(wallet));
  const deeper = Math.max(0, under(row.wallet) - under(before));
  const where = `${entry.operation} of ${row.walletId}`;
  if (deeper !== row.shortfallMicros) {
    return [`I3 ${where}: shortfall ${row.shortfallMicros} instead of ${deeper}`];
  }
  const refused = deeper > 0 && !MAY_OVERDRAW.has(entry.operation);
  return refused ? [`I3 ${where}: took spendable under zero`] : [];
}

/** I4: a hold ends once; after its end come only corrections. I2: its legs are what its rows moved. */
function holdFaults(past: Past, entry: JournalEntry): string[] {
  const { hold, holdId, operation } = entry;
  if (!hold) return [];
  const before = past.holds.get(holdId);
  const faults: string[] = [];
  if (before && !isOpen(before) && !CORRECTS.has(operation)) {
    faults.push(`I4 ${holdId}: ${operation} after ${before.state}`);
  }
  if (before && hold.revision !== before.revision + 1) {
    faults.push(`I4 ${holdId}: revision ${hold.revision} after ${before.revision}`);
  }
  const ends = !isOpen(hold) && (!before || isOpen(before));
  if (ends && !ENDS.has(operation)) faults.push(`I4 ${holdId}: ended by ${operation}`);
  for (const leg of hold.legs) {
    const was = before?.legs.find(({ walletId }) => walletId === leg.walletId)?.heldMicros ?? 0;
    const row = entry.rows.find(({ walletId }) => walletId === leg.walletId);
    if (leg.heldMicros - was !== (row?.heldDeltaMicros ?? 0)) {
      faults.push(`I2 ${holdId}: its leg on ${leg.walletId} moved otherwise than its row`);
    }
  }
  return faults;
}

/** I6: one mutation, each wallet once in it. I8: one key, one effect. */
function mutationFaults(past: Past, entry: JournalEntry): string[] {
  const faults: string[] = [];
  if (past.mutations.has(entry.mutationId)) faults.push(`I6 ${entry.operation}: mutation twice`);
  const wallets = new Set(entry.rows.map((row) => row.walletId));
  if (wallets.size !== entry.rows.length) faults.push(`I6 ${entry.operation}: wallet twice`);
  if (entry.requestKind === '') return faults;
  const earlier = past.effects.get(keyName(entry));
  const forGood = entry.requestKind !== 'request';
  if (earlier && (forGood || entry.atMs < earlier.atMs + HOT_RECORDS_MS)) {
    faults.push(`I8 ${entry.operation}: ${entry.requestKind} ${entry.requestKey} acted twice`);
  }
  return faults;
}

/** I10: an entry moves wallets of one tree only, unless it is a transfer between two. */
function tenantFaults({ stage }: Past, entry: JournalEntry): string[] {
  const roots = new Set(entry.rows.map((row) => stage.owners.get(row.walletId)?.rootId));
  if (roots.has(undefined)) return [`I10 ${entry.operation}: a wallet of nobody`];
  if (entry.operation !== 'transfer' && roots.size > 1) {
    return [`I10 ${entry.operation}: wallets of two trees`];
  }
  return [];
}
