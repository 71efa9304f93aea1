/**
 * How late the ledger is: at the most that one engine process can make, at half of that, and at half
 * while somebody reads the ledger in one long transaction.
 */
import { type Figure, figure } from '../figures.ts';
import { closedLoop } from '../load/closed-loop.ts';
import { Latencies } from '../load/latencies.ts';
import { openLoop } from '../load/open-loop.ts';
import type { Round } from '../measurement.ts';
import { flushed } from '../stage/backlog.ts';
import { createOperations } from '../stage/calls.ts';
import { type FlusherProcess, runningFlusher } from '../stage/flusher.ts';
import { life } from '../stage/life.ts';
import { openStage, type Stage } from '../stage/stage.ts';
import { makeWallets } from '../stage/wallets.ts';
import { MIX } from '../workload.ts';

export async function lags(round: Round): Promise<Figure[]> {
  const stage = await openStage(round);
  const purse = await makeWallets(stage, round.size.wallets);
  const flusher = await runningFlusher(stage);
  const operations = createOperations(stage, purse.organizationId);
  const { depth, seconds } = round.size;
  const lives = (name: string) => (n: number) =>
    life(operations, `call-${name}-${n}`, purse.many(n));
  try {
    await closedLoop({ depth, seconds: seconds / 2, work: lives('w') });
    await flushed(stage);
    await flusher.report();
    const peak = await closedLoop({ depth, seconds, work: lives('p') });
    const ended = performance.now();
    await flushed(stage);
    const drainedMs = performance.now() - ended;
    const atPeak = await lagFigures('at peak', flusher);
    const half = async (name: string) => {
      const perSecond = peak.perSecond / 2;
      await openLoop({ perSecond, seconds, pace: 'timer', work: lives(name) });
      await flushed(stage);
    };
    await half('h');
    const atHalf = await lagFigures('at half load', flusher);
    await withReader(stage, () => half('r'));
    return [
      figure('at peak: mutations', 'per second', peak.perSecond * MIX.length),
      figure('at peak: ledger complete after its end', 'ms', drainedMs),
      ...atPeak,
      ...atHalf,
      ...(await lagFigures('at half load, a reader open', flusher)),
    ];
  } finally {
    await flusher.end();
    await stage.stop();
  }
}

/** Of the oldest entry of each batch, when its commit was done. */
async function lagFigures(name: string, flusher: FlusherProcess): Promise<Figure[]> {
  const latencies = new Latencies();
  for (const lagMs of (await flusher.report()).lagsMs) latencies.add(lagMs);
  const { p50, p99 } = latencies.spread();
  return [figure(`${name}: lag p50`, 'ms', p50), figure(`${name}: lag p99`, 'ms', p99)];
}

/** One snapshot of the whole ledger stays open, as finance's longest report would keep it. */
async function withReader({ sql }: Stage, work: () => Promise<void>): Promise<void> {
  await sql.begin('ISOLATION LEVEL REPEATABLE READ READ ONLY', async (tx) => {
    await tx`SELECT count(*) FROM ledger_entries`;
    await work();
    await tx`SELECT count(*) FROM ledger_entries`;
  });
}
