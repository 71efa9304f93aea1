/** What a call leaves behind once it is in the ledger and out of the journal. */
import { keys } from '../../engine/index.ts';
import { startRetention } from '../../persistence/index.ts';
import { waitUntil } from '../../scripts/processes.mjs';
import { type Figure, figure } from '../figures.ts';
import { closedLoop } from '../load/closed-loop.ts';
import type { Round } from '../measurement.ts';
import { flushed } from '../stage/backlog.ts';
import { type BenchCall, createOperations } from '../stage/calls.ts';
import { runningFlusher } from '../stage/flusher.ts';
import { openStage, type Stage } from '../stage/stage.ts';
import { makeWallets } from '../stage/wallets.ts';
import { dataBytes, journalMemory, keyBytes } from './redis-memory.ts';

const SAMPLE = 100;
const TRIMMED_MS = 300_000;

export async function closedCalls(round: Round): Promise<Figure[]> {
  const { memoryCalls: count, organizations: wallets, depth } = round.size;
  const stage = await openStage(round);
  const purse = await makeWallets(stage, wallets);
  const flusher = await runningFlusher(stage);
  const operations = createOperations(stage, purse.organizationId);
  const ended: BenchCall[] = [];
  const call = async (name: string, n: number) => {
    const authorized = await operations.authorize(`${name}-${n}`, purse.many(n));
    await operations.start(authorized);
    await operations.capture(authorized);
    ended.push(authorized);
  };
  try {
    // Everything that is there once for all calls, in each partition, is there before.
    await closedLoop({ depth, count: stage.partitions * 2, work: (n) => call('first', n) });
    await trimmed(stage);
    const before = await dataBytes(stage);
    await closedLoop({ depth, count, work: (n) => call('call', n) });
    await trimmed(stage);
    const after = await dataBytes(stage);
    const holds = ended.slice(-SAMPLE).map((one) => keys.hold(one.partition, one.holdId));
    return [
      figure('tombstone', 'B', await keyBytes(stage, holds)),
      figure('closed call, all that is left of it', 'B', (after - before) / count),
    ];
  } finally {
    await flusher.end();
    await stage.stop();
  }
}

/** Flushes everything, and trims everything that is flushed. */
async function trimmed(stage: Stage): Promise<void> {
  await flushed(stage);
  const all = new Set(Array.from({ length: stage.partitions }, (_, p) => p));
  const { journal } = stage.engine;
  const stop = startRetention({ journal, held: () => all, retentionMs: 0, everyMs: 50 });
  // What is committed now is not "before" the cursor's own entry, which stays.
  const isShort = async () => (await journalMemory(stage)).entries <= stage.partitions;
  const done = await waitUntil(isShort, TRIMMED_MS, 50);
  await stop();
  if (!done) throw new Error('the journals are not trimmed');
}
