/**
 * g. Memory of Redis per thing, as differences of what it uses in all, so that nothing is left out:
 * keys, table, sorted sets and journal count. A live call is authorized and answered.
 */
import { type Figure, figure } from '../figures.ts';
import { closedLoop } from '../load/closed-loop.ts';
import type { Round } from '../measurement.ts';
import { createOperations } from '../stage/calls.ts';
import { openStage } from '../stage/stage.ts';
import { makeWallets } from '../stage/wallets.ts';
import { closedCalls } from './closed-calls.ts';
import { dataBytes, journalMemory } from './redis-memory.ts';

const SIZED_WALLETS = 1_000_000;
const SIZED_CALLS = 100_000;
const MB = 1e6;

export async function measureMemory(round: Round): Promise<Figure[]> {
  return [...(await liveMemory(round)), ...(await closedCalls(round))];
}

async function liveMemory(round: Round): Promise<Figure[]> {
  const { memoryWallets: wallets, memoryCalls: calls, depth } = round.size;
  const stage = await openStage(round);
  try {
    const empty = await dataBytes(stage);
    const purse = await makeWallets(stage, wallets, false);
    const withWallets = await dataBytes(stage);
    const operations = createOperations(stage, purse.organizationId);
    const work = async (n: number) => {
      await operations.start(await operations.authorize(`call-${n}`, purse.many(n)));
    };
    await closedLoop({ depth, count: calls, work });
    const withCalls = await dataBytes(stage);
    const journal = await journalMemory(stage);
    const wallet = (withWallets - empty) / wallets;
    const call = (withCalls - withWallets) / calls;
    return [
      figure('wallet', 'B', wallet),
      figure('live call, all in', 'B', call),
      figure('live call without its journal entries', 'B', call - journal.bytes / calls),
      figure('journal entry', 'B', journal.bytes / journal.entries),
      figure('journal entries of a live call', 'count', journal.entries / calls),
      figure(
        '1M wallets and 100k live calls',
        'MB',
        (wallet * SIZED_WALLETS + call * SIZED_CALLS) / MB,
      ),
    ];
  } finally {
    await stage.stop();
  }
}
