/**
 * Rows a second out of full journals: one flusher, two and four, each in a process of its own, and a
 * bare COPY of the same rows.
 */
import { type Figure, figure } from '../figures.ts';
import { closedLoop } from '../load/closed-loop.ts';
import type { Round } from '../measurement.ts';
import { flushed } from '../stage/backlog.ts';
import { createOperations } from '../stage/calls.ts';
import { type FlusherProcess, readyFlusher } from '../stage/flusher.ts';
import { life } from '../stage/life.ts';
import { openStage, type Stage } from '../stage/stage.ts';
import { makeWallets, type Purse } from '../stage/wallets.ts';
import { MIX } from '../workload.ts';
import { leasesShared } from './leases.ts';
import { type CopyResult, copyLedger } from './peer-copy.ts';

/** Flushers share partitions out, so that four of them need four. */
const PARTITIONS = 4;
const FLUSHERS = [1, 2, 4] as const;
const WORDS: Readonly<Record<number, string>> = {
  1: 'one flusher',
  2: 'two flushers',
  4: 'four flushers',
};

export async function throughput(round: Round): Promise<Figure[]> {
  const stage = await openStage(round, { partitions: PARTITIONS });
  const flushers: FlusherProcess[] = [];
  try {
    while (flushers.length < PARTITIONS) flushers.push(await readyFlusher(stage));
    const purse = await makeWallets(stage, round.size.organizations);
    const rates = new Map<number, number>();
    let bare: CopyResult | undefined;
    let cpuUs = 0;
    for (const count of round.index % 2 === 0 ? FLUSHERS : FLUSHERS.toReversed()) {
      const from = await ledgerSize(stage);
      const done = await drain(stage, purse, flushers.slice(0, count), round);
      rates.set(count, done.rows / done.seconds);
      if (count !== 1) continue;
      cpuUs = (done.cpuMs * 1000) / done.rows;
      bare = await copyLedger(stage, from);
    }
    if (bare === undefined) throw new Error('nothing was copied');
    const one = rates.get(1) ?? 0;
    const over = (count: number, other: number) => (rates.get(count) ?? 0) / other;
    return [
      ...FLUSHERS.map((n) => figure(`rows: ${WORDS[n]}`, 'per second', rates.get(n) ?? 0)),
      figure('rows: bare COPY', 'per second', bare.perSecond),
      figure('rows: bare COPY without reading Redis', 'per second', bare.copyAlonePerSecond),
      figure('flusher / bare COPY', '%', over(1, bare.perSecond) * 100),
      figure('two flushers / bare COPY', '%', over(2, bare.perSecond) * 100),
      figure('two flushers / one', 'x', over(2, one)),
      figure('four flushers / one', 'x', over(4, one)),
      figure('process CPU of a flushed row', 'us', cpuUs),
    ];
  } finally {
    for (const flusher of flushers) await flusher.end();
    await stage.stop();
  }
}

async function ledgerSize({ sql }: Stage): Promise<number> {
  const [row] = await sql<{ count: number }[]>`SELECT count(*) AS count FROM ledger_entries`;
  return row?.count ?? 0;
}

/** Fills the journals while the flushers hold their leases, then lets them all go at once. */
async function drain(
  stage: Stage,
  purse: Purse,
  flushers: readonly FlusherProcess[],
  { size }: Round,
) {
  const count = flushers.length;
  const all = <T>(order: (flusher: FlusherProcess) => Promise<T>) =>
    Promise.all(flushers.map(order));
  await all((one) => one.startHeld());
  await leasesShared(stage, count);
  const operations = createOperations(stage, purse.organizationId);
  await closedLoop({
    depth: size.depth,
    count: Math.ceil(size.journalEntries / MIX.length),
    work: (n) => life(operations, `call-d${count}-${n}`, purse.many(n)),
  });
  const before = await all((one) => one.report());
  const from = performance.now();
  await all((one) => one.letGo());
  await flushed(stage);
  const seconds = (performance.now() - from) / 1000;
  const after = await all((one) => one.rest());
  const sum = (list: typeof after, of: 'rows' | 'cpuMs') =>
    list.reduce((total, one) => total + one[of], 0);
  return { rows: sum(after, 'rows'), cpuMs: sum(after, 'cpuMs') - sum(before, 'cpuMs'), seconds };
}
