/** What Redis holds after each event, against the book: I1, I2, I5, I7 and I14. */
import type { Redis } from 'ioredis';
import {
  type HoldState,
  keys,
  unpackHoldState,
  unpackWalletState,
  type WalletState,
} from '../../engine/index.ts';
import type { PartitionBook } from './book.ts';
import { isOpen } from './past.ts';
import { valuesOf } from './redis-image.ts';

const COMPARED = [
  'postedMicros',
  'heldMicros',
  'sequence',
  'creditLimitMicros',
  'cutoffThresholdMicros',
  'lowBalanceThresholdMicros',
  'frozen',
  'liveCalls',
  'maxLiveCalls',
] as const satisfies readonly (keyof WalletState)[];
/** Fields of an open hold that change without a journal row. */
const UNWRITTEN: readonly (keyof HoldState)[] = ['lastSeenAtMs', 'legs', 'policy'];
const NO_TTL = -1;
const ABSENT = -2;

/** @param redis a connection beside the engine's. @returns one line per fault */
export async function redisFaults(redis: Redis, book: PartitionBook): Promise<string[]> {
  const { partition } = book;
  const walletIds = [...book.wallets.keys()];
  const open = [...book.holds].filter(([, hold]) => isOpen(hold));
  const lasting = [
    ...walletIds.map((id) => keys.wallet(partition, id)),
    ...open.map(([id]) => keys.hold(partition, id)),
    keys.journal(partition),
    keys.partition(partition),
  ];
  const answers = unflushedKeys(book);
  const pipeline = redis.pipeline();
  pipeline.mgetBuffer(walletIds.map((id) => keys.wallet(partition, id)));
  pipeline.mgetBuffer([...open.map(([id]) => keys.hold(partition, id)), '-']);
  pipeline.zrange(keys.due(partition), '0', '-1');
  for (const id of walletIds) pipeline.zrange(keys.final(partition, id), '0', '-1');
  for (const key of [...lasting, ...answers]) pipeline.pttl(key);
  const replies = valuesOf(await pipeline.exec());
  const [wallets, holds, due] = replies as [Buffer[], Buffer[], string[]];
  const finals = replies.slice(3, 3 + walletIds.length) as string[][];
  const ttls = replies.slice(3 + walletIds.length) as number[];
  return [
    ...walletIds.flatMap((id, i) => walletFaults(book, id, wallets[i] ?? null, finals[i] ?? [])),
    ...open.flatMap(([id, hold], i) => holdFaults(id, hold, holds[i] ?? null)),
    ...dueFaults(book, open, new Set(due)),
    ...lasting.flatMap((key, i) => ((ttls[i] ?? 0) >= 0 ? [`I14 ${key} expires`] : [])),
    ...answers.flatMap((key, i) => answerFaults(key, ttls[lasting.length + i] ?? ABSENT)),
  ];
}

/** Answers of mutations that are not in the ledger yet. */
function unflushedKeys({ partition, history, committed }: PartitionBook): string[] {
  return history.slice(committed).flatMap(({ entry }) => {
    const { requestKind: kind, requestScope: scope, requestKey: key } = entry;
    // `record` leaves no answer: its hold is one.
    if (kind === '' || entry.operation === 'record') return [];
    return [keys.request(partition, scope, kind, key)];
  });
}

function walletFaults(
  book: PartitionBook,
  id: string,
  packed: Buffer | null,
  finals: readonly string[],
): string[] {
  const expected = book.wallet(id);
  if (packed === null) return absenceFaults(book, id, expected);
  const found = unpackWalletState(packed);
  const faults = COMPARED.filter((field) => found[field] !== expected[field]).map((field) => {
    const invariant = field === 'sequence' ? 'I5' : field === 'heldMicros' ? 'I2' : 'I1';
    return `${invariant} ${id}: ${field} ${found[field]} in Redis, ${expected[field]} by its entries`;
  });
  const legs = [...book.holds].flatMap(([holdId, hold]) =>
    isOpen(hold)
      ? hold.legs.filter((leg) => leg.walletId === id).map((leg) => ({ holdId, hold, leg }))
      : [],
  );
  const held = legs.reduce((sum, { leg }) => sum + leg.heldMicros, 0);
  if (held !== found.heldMicros)
    faults.push(`I2 ${id}: ${found.heldMicros} held, holds have ${held}`);
  const final = legs.filter(({ hold }) => hold.finalReason !== '').map(({ holdId }) => holdId);
  if (found.finalCalls !== final.length || final.some((holdId) => !finals.includes(holdId))) {
    faults.push(`I12 ${id}: ${found.finalCalls} final calls, holds have ${final.length}`);
  }
  return faults;
}

/** A wallet may be out of Redis when nothing is held on it and the ledger has all of it. */
function absenceFaults(book: PartitionBook, id: string, expected: WalletState): string[] {
  const unflushed = book.history
    .slice(book.committed)
    .some(({ entry }) => entry.rows.some((row) => row.walletId === id));
  if (unflushed) return [`I7 ${id}: gone from Redis before it was in the ledger`];
  return expected.heldMicros > 0 ? [`I2 ${id}: gone from Redis with money held`] : [];
}

function holdFaults(id: string, expected: HoldState, packed: Buffer | null): string[] {
  if (packed === null) return [`I2 ${id}: open, and gone from Redis`];
  const found = unpackHoldState(packed);
  const fields = (Object.keys(expected) as (keyof HoldState)[]).filter(
    (field) => !UNWRITTEN.includes(field) && found[field] !== expected[field],
  );
  const legs = found.legs.some((leg, i) => leg.heldMicros !== expected.legs[i]?.heldMicros);
  return [
    ...fields.map(
      (field) => `I6 ${id}: ${field} ${found[field]}, its entry says ${expected[field]}`,
    ),
    ...(legs ? [`I2 ${id}: its legs hold otherwise than its entry says`] : []),
  ];
}

/** I12 needs it: every open call has a moment at which somebody looks at it. */
function dueFaults(
  book: PartitionBook,
  open: readonly (readonly [string, HoldState])[],
  due: ReadonlySet<string>,
): string[] {
  const unwatched = open.filter(([id, hold]) => hold.kind === 'call' && !due.has(id));
  const ended = [...due].filter((id) => {
    const hold = book.holds.get(id);
    return hold !== undefined && !isOpen(hold);
  });
  return [
    ...unwatched.map(([id]) => `I12 ${id}: open, and never due`),
    ...ended.map((id) => `I4 ${id}: ended, and still due`),
  ];
}

function answerFaults(key: string, ttlMs: number): string[] {
  if (ttlMs === NO_TTL) return [];
  return [`I14 ${key} ${ttlMs === ABSENT ? 'is gone' : 'expires'} before it is in the ledger`];
}
